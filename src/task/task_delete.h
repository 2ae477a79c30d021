/*
 * task_delete.h
 *		Deletes a task with everything that belongs to it.
 */
#ifndef TASKCRM_TASK_DELETE_H
#define TASKCRM_TASK_DELETE_H

#include "base/compat.h"
#include "identity/identity.h"
#include "task/task_version.h"

extern bool task_delete_includes(const char *table);
tc_noreturn extern void task_delete_refuse(const pg_uuid_t *id);
extern bool task_delete_is_allowed(const Identity *identity, const pg_uuid_t *created_by);
extern void task_delete_held(const Identity *identity, Datum *ids, int count);
extern bool task_delete(const Identity *identity, const pg_uuid_t *id, const TaskConditions *conditions);

#endif
