/*
 * list_date.h
 *		The days and instants that filters of lists compare with.
 */
#ifndef TASKCRM_LIST_DATE_H
#define TASKCRM_LIST_DATE_H

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/* What instants are compared with: one instant, or all those of a day. */
typedef struct InstantSpan
{
	TimestampTz first;
	TimestampTz last;			/* the last microsecond */
} InstantSpan;

#define LIST_DATE_HINT "Write YYYY-MM-DD, today, or a duration from today such as P7D or -P1M."
#define LIST_INSTANT_HINT \
	"Write YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with Z or an offset such as +02:00," \
	" today, or a duration from now such as -P7D or PT12H."

extern bool list_date_parse_day(const char *text, pg_tz *zone, DateADT *date);
extern bool list_date_parse_instant(const char *text, pg_tz *zone, TimestampTz *instant);
extern bool list_date_parse_span(const char *text, pg_tz *zone, InstantSpan *span);

#endif
