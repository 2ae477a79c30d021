/*
 * task_delete.h
 *		Deletes a task with everything that belongs to it.
 */
#ifndef TASKCRM_TASK_DELETE_H
#define TASKCRM_TASK_DELETE_H

#include "identity/identity.h"
#include "task/task_version.h"

extern bool task_delete_includes(const char *table);
extern bool task_delete(const Identity *identity, const pg_uuid_t *id, const TaskConditions *conditions);

#endif
