/*
 * list_date.c
 *		The days and instants that filters of lists compare with.
 *
 * Both may be relative: a day to the current day in the time zone of the filters, an
 * instant to now.
 */
#include "postgres.h"

#include "access/xact.h"

#include "task/list_date.h"
#include "wire/datetime.h"
#include "wire/duration.h"

static bool
parse_named_day(const char *text, pg_tz *zone, DateADT *date)
{
	if (strcmp(text, "today") == 0)
	{
		*date = datetime_today(zone);
		return true;
	}
	return datetime_parse_date(text, date);
}

/*
 * Reads a day: YYYY-MM-DD, today, or a duration from today in a time zone.  Returns false
 * for anything else, and if the day is not in the years 1 to 9999.
 */
bool
list_date_parse_day(const char *text, pg_tz *zone, DateADT *date)
{
	Duration	duration;

	if (parse_named_day(text, zone, date))
		return true;
	return duration_parse(text, &duration) && !duration.has_time &&
		duration_add_to_date(datetime_today(zone), &duration, date);
}

/* Reads an instant, or a duration from now.  Returns false for anything else. */
bool
list_date_parse_instant(const char *text, pg_tz *zone, TimestampTz *instant)
{
	Duration	duration;

	if (datetime_parse_instant(text, instant))
		return true;
	return duration_parse(text, &duration) &&
		duration_add_to_instant(GetCurrentTransactionStartTimestamp(), &duration, zone, instant);
}

/*
 * Reads an instant, a duration from now, YYYY-MM-DD or today; the last two are whole days
 * in a time zone.  Returns false for anything else.
 */
bool
list_date_parse_span(const char *text, pg_tz *zone, InstantSpan *span)
{
	DateADT		date;

	if (parse_named_day(text, zone, &date))
	{
		span->first = datetime_start_of(date, zone);
		span->last = datetime_start_of(date + 1, zone) - 1;
		return true;
	}
	if (!list_date_parse_instant(text, zone, &span->first))
		return false;
	span->last = span->first;
	return true;
}
