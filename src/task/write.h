/*
 * write.h
 *		Creating and updating tasks.
 */
#ifndef TASKCRM_WRITE_H
#define TASKCRM_WRITE_H

#include "executor/spi.h"

#include "identity/identity.h"
#include "task/data.h"
#include "task/link.h"

typedef struct TaskWritten
{
	pg_uuid_t  *ids;			/* in the order of the data */
	SPITupleTable *rows;		/* columns of task_field_select_list(), by id */
	TaskLinks	links;
} TaskWritten;

extern void task_write_new(TaskWritten *written, const Identity *identity,
						   const TaskData *data, int count, bool is_bulk);
extern bool task_write_lock(const Identity *identity, const pg_uuid_t *id, const TaskData *data);
extern bool task_write_changes(TaskWritten *written, const Identity *identity,
							   const pg_uuid_t *id, const TaskData *data);

#endif
