/*
 * task_refs.h
 *		Checks that a task, and the rows that it refers to, exist.
 */
#ifndef TASKCRM_TASK_REFS_H
#define TASKCRM_TASK_REFS_H

#include "base/compat.h"
#include "base/uuid.h"
#include "task/task_fields.h"

/* Ids by the field that refers to them: the account, then the links. */
typedef struct TaskReferences
{
	int			count[TASK_FIELDS];
	int			size[TASK_FIELDS];
	Datum	   *ids[TASK_FIELDS];
} TaskReferences;

extern void task_refs_add(TaskReferences *references, int field, const pg_uuid_t *id);
extern bool task_refs_missing(const TaskReferences *references, const pg_uuid_t *org_id,
							  int *field, pg_uuid_t *id);
extern bool task_refs_task_exists(const pg_uuid_t *org_id, const pg_uuid_t *task_id, bool read_only);
tc_noreturn extern void task_refs_raise(const char *name, const char *object, int field, const pg_uuid_t *id);

#endif
