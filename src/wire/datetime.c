/*
 * datetime.c
 *		Reads dates and times from callers, and determines the current day.
 *
 * Stricter than the server's input functions, which accept "now", "infinity", 02/03/04
 * and more, and interpret some of it by DateStyle and TimeZone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "wire/datetime.h"

PG_FUNCTION_INFO_V1(tc_is_json_time);

/* Reads exactly `count` digits. */
static bool
read_digits(const char **text, int count, int *number)
{
	*number = 0;
	for (int i = 0; i < count; i++, (*text)++)
	{
		if (**text < '0' || **text > '9')
			return false;
		*number = *number * 10 + (**text - '0');
	}
	return true;
}

static bool
read_char(const char **text, const char *allowed)
{
	if (**text == '\0' || strchr(allowed, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

static bool
scan_date(const char **text, DateADT *date)
{
	int			year;
	int			month;
	int			day;

	if (!read_digits(text, 4, &year) || !read_char(text, "-") ||
		!read_digits(text, 2, &month) || !read_char(text, "-") ||
		!read_digits(text, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	*date = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

/*
 * Reads a date, YYYY-MM-DD, of the years 1 to 9999.  Returns false for anything else,
 * including days that the month does not have.  Never raises an error.
 */
bool
datetime_parse_date(const char *text, DateADT *date)
{
	return scan_date(&text, date) && *text == '\0';
}

/* Reads a fraction of a second; digits beyond the sixth are dropped. */
static bool
read_fraction(const char **text, int64 *microseconds)
{
	int64		unit = 100000;

	*microseconds = 0;
	if (**text != '.')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
		*microseconds += (**text - '0') * unit;
	return true;
}

static bool
scan_utc_offset(const char **text, int64 *microseconds)
{
	bool		negative = **text == '-';
	int			hours;
	int			minutes;

	*microseconds = 0;
	if (read_char(text, "Zz"))
		return true;
	if (!read_char(text, "+-") || !read_digits(text, 2, &hours) ||
		!read_char(text, ":") || !read_digits(text, 2, &minutes) ||
		hours > 23 || minutes > 59)
		return false;
	*microseconds = (hours * INT64CONST(60) + minutes) * USECS_PER_MINUTE;
	if (negative)
		*microseconds = -*microseconds;
	return true;
}

/*
 * Reads an instant as in RFC 3339: 2023-01-15T10:30:00Z, with an optional fraction or an
 * offset; a space is allowed for the T.  Returns false for anything else. Never raises an
 * error.
 */
bool
datetime_parse_instant(const char *text, TimestampTz *instant)
{
	DateADT		date;
	int			hour;
	int			minute;
	int			second;
	int64		fraction;
	int64		offset;

	if (!scan_date(&text, &date) || !read_char(&text, "Tt ") ||
		!read_digits(&text, 2, &hour) || !read_char(&text, ":") ||
		!read_digits(&text, 2, &minute) || !read_char(&text, ":") ||
		!read_digits(&text, 2, &second) || !read_fraction(&text, &fraction) ||
		!scan_utc_offset(&text, &offset) || *text != '\0')
		return false;
	/* 60 is a leap second, which PostgreSQL counts as the next minute's first. */
	if (hour > 23 || minute > 59 || second > 60)
		return false;

	*instant = date * USECS_PER_DAY + hour * USECS_PER_HOUR + minute * USECS_PER_MINUTE +
		second * USECS_PER_SEC + fraction - offset;
	return true;
}

/* Returns the instant at which a day begins in a time zone. */
TimestampTz
datetime_start_of(DateADT date, pg_tz *zone)
{
	struct pg_tm tm = {0};
	TimestampTz result;
	int			offset;

	j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	offset = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, 0, &offset, &result) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return result;
}

/* Returns the date of now() in a time zone. */
DateADT
datetime_today(pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;

	if (timestamp2tm(GetCurrentTransactionStartTimestamp(), &offset, &tm, &fraction, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/* Returns the Monday of a day's week (ISO 8601); DateADT 0 is a Saturday. */
DateADT
datetime_monday_of(DateADT date)
{
	int			weekday = (date + 5) % 7;

	return date - (weekday < 0 ? weekday + 7 : weekday);
}

/*
 * is_json_time(timestamptz) returns boolean
 *
 * Returns whether JSON can have a time: its year, in UTC, has four digits, and it is not
 * infinite.  As a check, this is much cheaper than the same condition in SQL: the server
 * reads the expressions of a table's checks anew for each statement that writes to it.
 */
Datum
tc_is_json_time(PG_FUNCTION_ARGS)
{
	TimestampTz time = PG_GETARG_TIMESTAMPTZ(0);
	TimestampTz first = (date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	TimestampTz end = (date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;

	PG_RETURN_BOOL(time >= first && time < end);
}
