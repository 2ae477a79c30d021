/*
 * group_count.h
 *		Counts the tasks in groups.
 */
#ifndef TASKCRM_GROUP_COUNT_H
#define TASKCRM_GROUP_COUNT_H

#include "task/group_kind.h"

/* A group of tasks.  All JSON is of type json. */
typedef struct TaskGroup
{
	Datum		key;			/* JSON; null for the tasks without a value */
	Datum		label;			/* JSON: a text for people, or null */
	Datum		filters;		/* JSON: what restricts a list to the group; 0 if nothing does */
	int64		count;
} TaskGroup;

typedef struct TaskGroups
{
	int			count;
	TaskGroup  *groups;
	bool		more;			/* there are groups after them */
	int64		tasks;			/* in all groups, each once */
} TaskGroups;

extern void group_count_read(TaskGroups *groups, const Grouping *grouping, const TaskFilters *filters,
							 const pg_uuid_t *org_id);

#endif
