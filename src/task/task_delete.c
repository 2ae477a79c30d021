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
#include "task/task_delete.h"

/* Rows that the cascades delete with a task, dependent rows first. */
#define OF_TASK(column, table) \
	column " IN (SELECT p.id FROM taskcrm." table " p WHERE p.org_id = $1 AND p.task_id = $2)"

static CascadePart parts[] = {
	CASCADE_PART("task_contact", "task_id = $2"),
	CASCADE_PART("task_assignee", "task_id = $2"),
	CASCADE_PART("task_team", "task_id = $2"),
	CASCADE_PART("task_mention", OF_TASK("comment_id", "task_comment")),
	CASCADE_PART("task_comment", "task_id = $2"),
	CASCADE_PART("task_attachment_content", OF_TASK("attachment_id", "task_attachment")),
	CASCADE_PART("task_attachment", "task_id = $2"),
	CASCADE_PART_IN("taskcrm_internal", "task_text", "task_id = $2"),
};

static KeptPlan delete_plan = TENANT_PLAN(
	"DELETE FROM taskcrm.task WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan creator_plan = TENANT_PLAN(
	"SELECT created_by FROM taskcrm.task WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan version_plan = TENANT_PLAN(
	"SELECT version, created_by FROM taskcrm.task WHERE org_id = $1 AND id = $2 FOR UPDATE",
	2, UUIDOID, UUIDOID);

/*
 * Locks the rows that are deleted with a task, in the same order as the removal of a
 * member locks them: first links, then mentions, in the order of their keys.  The
 * cascades would reach mentions in the physical order of the comments.  In
 * OWNER_BOOKKEEPING mode, like the cascades, because locking applies the policies on
 * UPDATE, which exclude comments of others.
 */
#define PARTS(table) \
	"SELECT pg_catalog.count(*) FROM (SELECT FROM taskcrm." table \
	" WHERE org_id = $1 AND task_id = $2 FOR UPDATE) p"

static KeptPlan part_lock_plans[] = {
	BOOKKEEPING_PLAN(
		PARTS("task_contact") " UNION ALL " PARTS("task_assignee")
		" UNION ALL " PARTS("task_team") " UNION ALL " PARTS("task_comment"),
		2, UUIDOID, UUIDOID),
	BOOKKEEPING_PLAN(
		"SELECT FROM taskcrm.task_comment c JOIN taskcrm.task_mention m ON m.org_id = $1 AND m.comment_id = c.id"
		" WHERE c.org_id = $1 AND c.task_id = $2 ORDER BY m.comment_id, m.user_id FOR UPDATE OF m",
		2, UUIDOID, UUIDOID)
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

/* Raises PT403. */
tc_noreturn static void
raise_not_deletable(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_FORBIDDEN),
			 errmsg("only the creator of the task or an admin may delete it")));
}

/*
 * Same rule as the policy on DELETE.  column: of the last result, the task's created_by.
 */
static bool
may_delete(const Identity *identity, int column)
{
	bool		isnull;
	Datum		created_by = plan_value(0, column, &isnull);

	return identity->is_admin ||
		(!isnull && tc_uuid_compare(DatumGetUUIDP(created_by), &identity->user_id) == 0);
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
		raise_not_deletable();
	return true;
}

/*
 * Locks a task and then its dependent rows.  conditions: NULL for none.  Returns false if
 * the task does not exist.  Raises PT412 if the conditions do not hold, PT403 if the
 * policy on DELETE does not let the caller delete it.
 */
static bool
lock_task_parts(const Datum *values, const TaskConditions *conditions, const Identity *identity)
{
	OwnerSwitch saved;
	bool		isnull;
	bool		is_deletable;

	if (!plan_finds(&version_plan, values))
		return false;
	task_version_check(conditions, DatumGetInt32(plan_value(0, 1, &isnull)));
	is_deletable = may_delete(identity, 2);

	owner_enter(&saved, OWNER_BOOKKEEPING);
	for (int i = 0; i < (int) lengthof(part_lock_plans); i++)
		plan_run(&part_lock_plans[i], values, NULL, false);
	owner_leave(&saved);
	if (!is_deletable)
		raise_not_deletable();
	return true;
}

/*
 * Deletes a task and what belongs to it.  conditions: on its version, NULL for none.
 * Returns false if the task does not exist.  Raises PT403, PT412, and 09000 if a trigger
 * suppresses a row.  Needs an API call in progress.
 *
 * If neither the extension's policy on DELETE nor a trigger keeps the row, a policy that
 * an administrator added does.
 */
bool
task_delete(const Identity *identity, const pg_uuid_t *id, const TaskConditions *conditions)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!check_creator(identity, values) || !lock_task_parts(values, conditions, identity))
		return false;
	for (int i = 0; i < (int) lengthof(parts); i++)
		delete_cascaded(&parts[i], values);
	if (!plan_finds(&delete_plan, values))
	{
		if (suppress_is_possible("task"))
			suppress_raise("task");
		raise_not_deletable();
	}
	return true;
}
