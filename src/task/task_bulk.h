/*
 * task_bulk.h
 *		Changes and deletes all tasks that pass filters.
 */
#ifndef TASKCRM_TASK_BULK_H
#define TASKCRM_TASK_BULK_H

#include "identity/identity.h"
#include "task/list_filter.h"
#include "task/task_input.h"
#include "wire/json_write.h"

/* The largest value of max_affected, and the usual one. */
#define BULK_MOST 10000
#define BULK_USUAL 1000

typedef struct BulkOptions
{
	bool		dry_run;
	bool		all;			/* without a filter, all tasks are meant */
	int64		max_affected;
	int64		expected;		/* the number of tasks, or -1 */
} BulkOptions;

extern void bulk_options_read(BulkOptions *options, Jsonb *json);
extern void bulk_input_read(TaskInput *data, Jsonb *json);
extern void task_bulk_update(JsonWriter *out, const Identity *identity, const TaskFilters *filters,
							 const TaskInput *data, const BulkOptions *options);
extern void task_bulk_delete(JsonWriter *out, const Identity *identity, const TaskFilters *filters,
							 const BulkOptions *options);

#endif
