/*
 * task_timeline.h
 *		The comments and attachments of a task in order of time.
 */
#ifndef TASKCRM_TASK_TIMELINE_H
#define TASKCRM_TASK_TIMELINE_H

#include "utils/jsonb.h"

#include "db/plan.h"
#include "identity/identity.h"
#include "wire/json_write.h"

/* The number of rows that a task is shown with. */
#define TIMELINE_SHOWN 100

/*
 * One kind of timeline.  All statements take $1 organization and $2 task, and return rows
 * newest first with the id in the first column.
 */
typedef struct Timeline
{
	const char *path;			/* of the list, after that of the task */
	int			time_column;
	KeptPlan	newest;			/* $3 limit, $4 offset */
	KeptPlan	after;			/* $3 limit, $4 time and $5 id of the row before */
	KeptPlan	count;
	KeptPlan	chosen;			/* $2 ids of rows instead of a task; ordered by id */
	void		(*write) (JsonWriter *out, uint64 row);	/* writes a row of the last
														 * statement */
} Timeline;

/* The rows that a task is not shown with. */
typedef struct TimelineRest
{
	int64		count;			/* total number, including those shown */
	char	   *cursor;			/* after the oldest one shown; NULL if all are shown */
} TimelineRest;

extern void task_timeline_write_newest(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
									   Timeline *timeline, TimelineRest *rest);
extern void task_timeline_write_rest(JsonWriter *out, const char *count_key, const char *cursor_key,
									 const TimelineRest *rest);
extern void task_timeline_write_list(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
									 Timeline *timeline, Jsonb *filters);
extern bool task_timeline_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
									 Timeline *timeline, Jsonb *filters);

#endif
