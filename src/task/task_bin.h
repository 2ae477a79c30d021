/*
 * task_bin.h
 *		The bin: deleted tasks, kept for some time.
 */
#ifndef TASKCRM_TASK_BIN_H
#define TASKCRM_TASK_BIN_H

#include "commands/trigger.h"
#include "utils/timestamp.h"

#include "base/id_set.h"
#include "db/plan.h"
#include "db/row.h"
#include "identity/identity.h"

/* The columns of an object, over taskcrm_internal.deleted_task t. */
#define DELETED_COLUMNS "t.id, t.title, t.created_by, t.deleted_by, t.deleted_on"

/* Whether the caller sees a deleted task: who created or deleted it, and admins. */
#define DELETED_IS_VISIBLE \
	"(t.created_by = taskcrm.tc_current_user() OR t.deleted_by = taskcrm.tc_current_user()" \
	" OR taskcrm.tc_current_role() = 'admin')"

/* Tasks of an organization. */
typedef struct BinTasks
{
	pg_uuid_t	org_id;
	IdSet		ids;
} BinTasks;

extern const RowSchema deleted_schema;

extern void task_bin_put(const Identity *identity, const Datum *values, int count);
extern void task_bin_move(KeptPlan *plan, const pg_uuid_t *org_id, const Datum *values, const char *nulls);
extern bool task_bin_moves(const TriggerData *data, const char *column);
extern void task_bin_let_go(BinTasks *former, const pg_uuid_t *org_id, Datum *ids, int count);
extern void task_bin_end(const BinTasks *former);
extern void task_bin_forget(const pg_uuid_t *org_id);
extern void task_bin_expire(const pg_uuid_t *org_id);
extern int64 task_bin_purge(const pg_uuid_t *org_id, TimestampTz before);

#endif
