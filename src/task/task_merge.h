/*
 * task_merge.h
 *		What an update changes in a task.
 */
#ifndef TASKCRM_TASK_MERGE_H
#define TASKCRM_TASK_MERGE_H

#include "task/task_input.h"
#include "task/task_links.h"

/* The links of one kind that an update deletes and inserts: uuid[]. */
typedef struct LinkChange
{
	ArrayType  *gone;
	ArrayType  *added;
} LinkChange;

extern bool task_merge_is_same(int field, Datum old_value, bool old_null, Datum new_value, bool new_null);
extern int	task_merge_count(const ArrayType *array);
extern bool task_merge_links(const TaskInput *data, const pg_uuid_t *id, const TaskLinks *before,
							 TaskLinks *after, LinkChange *changes);

#endif
