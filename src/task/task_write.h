/*
 * task_write.h
 *		Creates and updates tasks.
 */
#ifndef TASKCRM_TASK_WRITE_H
#define TASKCRM_TASK_WRITE_H

#include "executor/spi.h"

#include "db/plan.h"
#include "identity/identity.h"
#include "task/task_input.h"
#include "task/task_links.h"
#include "task/task_refs.h"

typedef struct TaskWritten
{
	pg_uuid_t  *ids;			/* in the order of the data; NULL after an update */
	IdSet		sorted;			/* the same ids */
	SPITupleTable *rows;		/* columns of task_field_select_list(), by id */
	TaskLinks	links;
} TaskWritten;

extern void task_write_new(TaskWritten *written, const Identity *identity,
						   const TaskInput *data, int count, bool is_bulk);
extern HeapTuple task_write_row(const TaskWritten *written, uint64 place);
extern void task_write_add_links(PlanArgs *args, const TaskLinks *links, int kind);
extern void task_write_explain_failure(MemoryContext context);
extern void task_write_run(KeptPlan *plan, const PlanArgs *args);
extern void task_write_check_references(const Identity *identity, const TaskReferences *references,
										const TaskInput *data, int count, bool is_bulk);
extern bool task_write_lock(const Identity *identity, const pg_uuid_t *id, const TaskInput *data);
extern bool task_write_changes(TaskWritten *written, const Identity *identity,
							   const pg_uuid_t *id, const TaskInput *data);

#endif
