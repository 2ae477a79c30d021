/*
 * duration.c
 *		Reads durations of ISO 8601, and adds them to days and instants.
 *
 * Months are added first, and a day that the month does not have becomes its last; then
 * days, and hours, minutes and seconds at the end.
 */
#include "postgres.h"

#include "utils/datetime.h"

#include "wire/duration.h"

/* More digits are refused, so that no sum overflows. */
#define MAX_DIGITS 6

#define FIRST_DATE (date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE)
#define LAST_DATE (date2j(9999, 12, 31) - POSTGRES_EPOCH_JDATE)

/*
 * Reads numbers with their units, each unit at most once and in the given order.  Returns
 * how many there are, or -1 if there is something else in between.
 */
static int
read_units(const char **text, const char *units, int *amounts)
{
	int			count = 0;
	size_t		next = 0;

	while (**text >= '0' && **text <= '9')
	{
		size_t		digits = strspn(*text, "0123456789");
		const char *unit = (*text)[digits] == '\0' ? NULL : strchr(units + next, (*text)[digits]);

		if (digits > MAX_DIGITS || unit == NULL)
			return -1;
		next = (size_t) (unit - units);
		amounts[next++] = (int) strtol(*text, NULL, 10);
		*text += digits + 1;
		count++;
	}
	return count;
}

/*
 * Reads a duration such as P7D, -P2W, P1Y6M or PT36H: whole numbers of at most six digits,
 * with an optional sign before all.  Returns false for anything else.  Never raises an
 * error.
 */
bool
duration_parse(const char *text, Duration *duration)
{
	int			of_days[4] = {0};
	int			of_time[3] = {0};
	int			sign = *text == '-' ? -1 : 1;
	int			days;
	int			times = 0;

	memset(duration, 0, sizeof(*duration));
	if (*text == '-' || *text == '+')
		text++;
	if (*text++ != 'P')
		return false;
	days = read_units(&text, "YMWD", of_days);
	if (*text == 'T')
	{
		text++;
		times = read_units(&text, "HMS", of_time);
		if (times < 1)
			return false;
	}
	if (*text != '\0' || days < 0 || days + times == 0)
		return false;
	duration->months = sign * (of_days[0] * MONTHS_PER_YEAR + of_days[1]);
	duration->days = sign * (of_days[2] * 7 + of_days[3]);
	duration->has_time = times > 0;
	duration->microseconds = sign * (of_time[0] * USECS_PER_HOUR + of_time[1] * USECS_PER_MINUTE +
									 of_time[2] * USECS_PER_SEC);
	return true;
}

/*
 * Adds the months and days of a duration to a day.  Returns false if the result is not in
 * the years 1 to 9999.
 */
bool
duration_add_to_date(DateADT date, const Duration *duration, DateADT *result)
{
	int			year;
	int			month;
	int			day;
	int64		months;
	int64		sum;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	months = (int64) year * MONTHS_PER_YEAR + month - 1 + duration->months;
	if (months < MONTHS_PER_YEAR || months >= (int64) 10000 * MONTHS_PER_YEAR)
		return false;
	year = (int) (months / MONTHS_PER_YEAR);
	month = (int) (months % MONTHS_PER_YEAR) + 1;
	day = Min(day, day_tab[isleap(year)][month - 1]);
	sum = (int64) date2j(year, month, day) - POSTGRES_EPOCH_JDATE + duration->days;
	if (sum < FIRST_DATE || sum > LAST_DATE)
		return false;
	*result = (DateADT) sum;
	return true;
}

/*
 * Adds a duration to an instant; days and months are those of a time zone.  Returns false
 * if the result is not in the years 1 to 9999.
 */
bool
duration_add_to_instant(TimestampTz instant, const Duration *duration, pg_tz *zone, TimestampTz *result)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;
	DateADT		date;

	if (timestamp2tm(instant, &offset, &tm, &fraction, NULL, zone) != 0)
		return false;
	date = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
	if (!duration_add_to_date(date, duration, &date))
		return false;
	j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	offset = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fraction, &offset, result) != 0)
		return false;
	*result += duration->microseconds;
	return *result >= FIRST_DATE * USECS_PER_DAY && *result < (LAST_DATE + 1) * USECS_PER_DAY;
}
