/*
 * task_delete.c
 *		Deletes a task with everything that belongs to it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/task_bin.h"
#include "task/task_delete.h"

/* Rows that the cascades delete with tasks, dependent rows first.  $2: uuid[]. */
#define OF_TASKS "task_id = ANY ($2)"
#define OF_PART(column, table) \
	column " IN (SELECT p.id FROM taskcrm." table " p WHERE p.org_id = $1 AND p.task_id = ANY ($2))"

static CascadePart parts[] = {
	CASCADE_PARTS("taskcrm", "task_contact", OF_TASKS),
	CASCADE_PARTS("taskcrm", "task_assignee", OF_TASKS),
	CASCADE_PARTS("taskcrm", "task_team", OF_TASKS),
	CASCADE_PARTS("taskcrm", "task_mention", OF_PART("comment_id", "task_comment")),
	CASCADE_PARTS("taskcrm", "task_comment", OF_TASKS),
	CASCADE_PARTS("taskcrm", "task_attachment_content", OF_PART("attachment_id", "task_attachment")),
	CASCADE_PARTS("taskcrm", "task_attachment", OF_TASKS),
	CASCADE_PARTS("taskcrm_internal", "task_text", OF_TASKS),
};

static KeptPlan delete_plan = TENANT_PLAN(
	"DELETE FROM taskcrm.task WHERE org_id = $1 AND id = ANY ($2)",
	2, UUIDOID, UUIDARRAYOID);

static KeptPlan creator_plan = TENANT_PLAN(
	"SELECT created_by FROM taskcrm.task WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan version_plan = TENANT_PLAN(
	"SELECT version, created_by FROM taskcrm.task WHERE org_id = $1 AND id = $2 FOR UPDATE",
	2, UUIDOID, UUIDOID);

/*
 * Lock the rows that are deleted with tasks, in the same order as the removal of a
 * member locks them: first links, then mentions, in the order of their keys.  The
 * cascades would reach mentions in the physical order of the comments.  In
 * OWNER_BOOKKEEPING mode, like the cascades, because locking applies the policies on
 * UPDATE, which exclude comments of others.
 */
#define PARTS(table) \
	"SELECT pg_catalog.count(*) FROM (SELECT FROM taskcrm." table \
	" WHERE org_id = $1 AND task_id = ANY ($2) FOR UPDATE) p"

static KeptPlan part_lock_plans[] = {
	BOOKKEEPING_PLAN(
		PARTS("task_contact") " UNION ALL " PARTS("task_assignee")
		" UNION ALL " PARTS("task_team") " UNION ALL " PARTS("task_comment"),
		2, UUIDOID, UUIDARRAYOID),
	BOOKKEEPING_PLAN(
		"SELECT FROM taskcrm.task_comment c JOIN taskcrm.task_mention m ON m.org_id = $1 AND m.comment_id = c.id"
		" WHERE c.org_id = $1 AND c.task_id = ANY ($2) ORDER BY m.comment_id, m.user_id FOR UPDATE OF m",
		2, UUIDOID, UUIDARRAYOID)
};

/* Returns whether rows of a table are deleted with a task.  table: its name. */
bool
task_delete_includes(const char *table)
{
	for (int i = 0; i < (int) lengthof(parts); i++)
	{
		if (strcmp(parts[i].table, table) == 0)
			return true;
	}
	return false;
}

/* Raises PT403.  id: of the task, if there are several; else NULL. */
void
task_delete_refuse(const pg_uuid_t *id)
{
	char		text[TC_UUID_TEXT_LEN + 1];

	if (id != NULL)
		tc_uuid_format(id, text);
	ereport(ERROR,
			(errcode(ERRCODE_TC_FORBIDDEN),
			 errmsg("only the creator of the task or an admin may delete it"),
			 id == NULL ? 0 : errdetail("Another user created the task %s.", text)));
}

/*
 * Returns whether the caller may delete a task: the same rule as the policy on DELETE.
 * created_by: NULL for nobody.
 */
bool
task_delete_is_allowed(const Identity *identity, const pg_uuid_t *created_by)
{
	return identity->is_admin ||
		(created_by != NULL && tc_uuid_compare(created_by, &identity->user_id) == 0);
}

/* column: of the last result, the task's created_by. */
static bool
may_delete(const Identity *identity, int column)
{
	bool		isnull;
	Datum		created_by = plan_value(0, column, &isnull);

	return task_delete_is_allowed(identity, isnull ? NULL : DatumGetUUIDP(created_by));
}

/*
 * Returns false if the task does not exist.  Raises PT403 if the caller may not delete it,
 * before anything is locked or waited for.
 */
static bool
check_creator(const Identity *identity, const Datum *values)
{
	if (!plan_finds(&creator_plan, values))
		return false;
	if (!may_delete(identity, 1))
		task_delete_refuse(NULL);
	return true;
}

/* Locks what belongs to tasks that are locked.  values: of part_lock_plans. */
static void
lock_parts(const Datum *values)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	for (int i = 0; i < (int) lengthof(part_lock_plans); i++)
		plan_run(&part_lock_plans[i], values, NULL, false);
	owner_leave(&saved);
}

/* Deletes tasks that are in the bin.  values: as for delete_plan. */
static void
delete_binned(const Identity *identity, Datum *ids, int count, const Datum *values)
{
	BinTasks	former;

	task_bin_let_go(&former, &identity->org_id, ids, count);
	PG_TRY();
	{
		plan_run(&delete_plan, values, NULL, false);
	}
	PG_FINALLY();
	{
		task_bin_end(&former);
	}
	PG_END_TRY();
}

/*
 * Puts tasks and what belongs to them into the bin.  ids: count uuids of tasks that the caller may
 * delete and holds FOR UPDATE.  Raises PT403, and 09000 if a trigger suppresses a row.  Needs
 * an API call in progress.
 *
 * If neither the extension's policy on DELETE nor a trigger keeps a row, a policy that an
 * administrator added does.
 */
void
task_delete_held(const Identity *identity, Datum *ids, int count)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), PointerGetDatum(tc_uuid_array(ids, count))};

	lock_parts(values);
	task_bin_put(identity, values, count);
	for (int i = 0; i < (int) lengthof(parts); i++)
		delete_cascaded(&parts[i], values);
	delete_binned(identity, ids, count, values);
	if (SPI_processed == (uint64) count)
		return;
	if (suppress_is_possible("task"))
		suppress_raise("task");
	task_delete_refuse(NULL);
}

/*
 * Deletes a task and what belongs to it.  conditions: on its version, NULL for none.
 * Returns false if the task does not exist.  Raises PT403, PT412, and 09000 if a trigger
 * suppresses a row.  Needs an API call in progress.
 */
bool
task_delete(const Identity *identity, const pg_uuid_t *id, const TaskConditions *conditions)
{
	Datum		ids = UUIDPGetDatum(id);
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), ids};
	bool		isnull;

	if (!check_creator(identity, values) || !plan_finds(&version_plan, values))
		return false;
	task_version_check(conditions, DatumGetInt32(plan_value(0, 1, &isnull)));
	if (!may_delete(identity, 2))
		task_delete_refuse(NULL);
	task_delete_held(identity, &ids, 1);
	return true;
}
