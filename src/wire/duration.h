/*
 * duration.h
 *		Reads durations of ISO 8601, and adds them to days and instants.
 */
#ifndef TASKCRM_DURATION_H
#define TASKCRM_DURATION_H

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/* All parts have the same sign. */
typedef struct Duration
{
	int			months;
	int			days;
	bool		has_time;		/* hours, minutes or seconds */
	int64		microseconds;
} Duration;

extern bool duration_parse(const char *text, Duration *duration);
extern bool duration_add_to_date(DateADT date, const Duration *duration, DateADT *result);
extern bool duration_add_to_instant(TimestampTz instant, const Duration *duration, pg_tz *zone, TimestampTz *result);

#endif
