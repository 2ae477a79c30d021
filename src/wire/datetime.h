/*
 * datetime.h
 *		Reads dates and times from callers, and determines the current day.
 */
#ifndef TASKCRM_DATETIME_H
#define TASKCRM_DATETIME_H

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

extern bool datetime_parse_date(const char *text, DateADT *date);
extern bool datetime_parse_instant(const char *text, TimestampTz *instant);
extern TimestampTz datetime_start_of(DateADT date, pg_tz *zone);
extern DateADT datetime_today(pg_tz *zone);
extern DateADT datetime_monday_of(DateADT date);

#endif
