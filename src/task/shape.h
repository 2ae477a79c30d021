/*
 * shape.h
 *		The statements that lists of tasks are read with.
 */
#ifndef TASKCRM_SHAPE_H
#define TASKCRM_SHAPE_H

#include "task/filter.h"

/* Where SHAPE_COUNT_SOME ends, and how many assignees SHAPE_BY_ASSIGNEE gives. */
#define SHAPE_SOME 1001
#define SHAPE_ASSIGNEES 10

typedef enum ShapeWhat
{
	SHAPE_TASKS,				/* the columns of task_field_select_list() */
	SHAPE_IDS,
	SHAPE_COUNT,				/* how many there are */
	SHAPE_COUNTERS,				/* the same, from the counters */
	SHAPE_COUNT_SOME,			/* how many there are, up to SHAPE_SOME */
	SHAPE_COUNT_AMONG,			/* how many of given tasks */
	SHAPE_TOTALS,				/* status, priority, due_date, whether unassigned, how many */
	SHAPE_TOTALS_OPEN,			/* the same of the tasks that are not completed */
	SHAPE_TOTALS_COUNTED,		/* the same of all, from the counters: without the two in the middle */
	SHAPE_BY_ASSIGNEE			/* id, name, email, how many; of those with most */
} ShapeWhat;

/* The columns of SHAPE_TOTALS and its like: unassigned is NULL for completed tasks. */
enum
{
	TOTALS_STATUS = 1,
	TOTALS_PRIORITY,
	TOTALS_DUE_DATE,
	TOTALS_UNASSIGNED,
	TOTALS_COUNT
};

/*
 * The part of a list that a statement reads.  A list is mostly one part; but what comes
 * behind a row is two where the ordering's value can be NULL, because no one condition
 * on an index covers both.
 */
typedef enum ShapePart
{
	PART_WHOLE,
	PART_AFTER,					/* behind the cursor's row, of those with a value */
	PART_NULLS_AFTER,			/* behind the cursor's row, of those without */
	PART_NULLS,					/* all of those without */
	PART_NOT_NULLS				/* all of those with */
} ShapePart;

extern bool shape_is_counted(const TaskFilters *filters);
extern void shape_run(const TaskFilters *filters, const pg_uuid_t *org_id, ShapeWhat what,
					  ShapePart part, int64 limit, int64 offset);
extern void shape_count_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids);

#endif
