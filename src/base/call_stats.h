/*
 * call_stats.h
 *		Counts calls, their errors and their time.
 */
#ifndef TASKCRM_CALL_STATS_H
#define TASKCRM_CALL_STATS_H

#include "datatype/timestamp.h"

/* An operation that is counted; a static variable where its calls begin. */
typedef struct CountedOperation
{
	const char *function;		/* the C function that begins the calls */
	int			slot;			/* -1 until the first call of this backend */
} CountedOperation;

/* What is known about an operation, an SQLSTATE or something else that is counted. */
typedef struct StatsEntry
{
	const char *kind;
	const char *name;
	uint64		count;
	bool		is_operation;	/* whether it has the members below */
	uint64		errors;
	double		total_time;		/* in milliseconds */
	double		max_time;
} StatsEntry;

typedef void (*StatsReader) (const StatsEntry *entry, void *state);

extern void call_stats_init(void);
extern int	call_stats_begin(CountedOperation *operation);
extern void call_stats_end(int place);
extern void call_stats_refused_token(void);
extern void call_stats_kept_plans(int change);
extern void call_stats_read(StatsReader reader, void *state);
extern void call_stats_reset(void);
extern bool call_stats_are_shared(void);
extern TimestampTz call_stats_since(void);

#endif
