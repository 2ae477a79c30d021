/*
 * task_restore.h
 *		Puts a task from the bin back.
 */
#ifndef TASKCRM_TASK_RESTORE_H
#define TASKCRM_TASK_RESTORE_H

#include "db/row.h"
#include "identity/identity.h"

extern const RowSchema missing_schema;

extern bool task_restore(JsonWriter *out, const Identity *identity, const pg_uuid_t *id);
extern bool task_restore_is_running(const pg_uuid_t *org_id, const pg_uuid_t *task_id);

#endif
