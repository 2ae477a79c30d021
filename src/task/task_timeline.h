/*
 * task_timeline.h
 *		What belongs to a task in the order of time: comments, attachments.
 */
#ifndef TASKCRM_TASK_TIMELINE_H
#define TASKCRM_TASK_TIMELINE_H

#include "utils/jsonb.h"

#include "db/plan.h"
#include "identity/identity.h"
#include "wire/json_write.h"

/* How many a task is shown with. */
#define TIMELINE_SHOWN 100

/*
 * One kind of it.  All statements take $1 organization and $2 task.  The rows come newest
 * first, with the id in their first column.
 */
typedef struct Timeline
{
	const char *path;			/* of the list, behind that of the task */
	int			time_column;
	KeptPlan	newest;			/* $3 limit, $4 offset */
	KeptPlan	after;			/* $3 limit, $4 time and $5 id of the row before */
	KeptPlan	count;
	void		(*write) (JsonWriter *out, uint64 row);	/* a row of the last statement */
} Timeline;

/* What a task is not shown with. */
typedef struct TimelineRest
{
	int64		count;			/* of all, also of those shown */
	char	   *cursor;			/* behind the oldest that is shown; NULL if that is all */
} TimelineRest;

extern void task_timeline_write_newest(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
									   Timeline *timeline, TimelineRest *rest);
extern void task_timeline_write_rest(JsonWriter *out, const char *count_key, const char *cursor_key,
									 const TimelineRest *rest);
extern bool task_timeline_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
									 Timeline *timeline, Jsonb *filters);

#endif
