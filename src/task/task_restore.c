/*
 * task_restore.c
 *		Puts a task from the bin back, with its links, comments, mentions and attachments.
 *
 * Rows are inserted by the function that imports an organization, with their ids and times
 * and the columns that users added.  References to what is gone meanwhile are left out, and
 * so is a comment whose id another one has by now.  What a row says about its organization
 * and its task is not believed: an import may have brought it.  Files have stayed where they
 * are; their rows refer to the task again.
 *
 * In OWNER_BOOKKEEPING mode, since the policies let nobody write rows of other authors.
 * Locks are taken in the usual order: the organization, the task, the row in the bin, and
 * what the task refers to.  So what is there when it is locked is there until the end.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/sqlstate.h"
#include "db/frame.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/task_answer.h"
#include "task/task_bin.h"
#include "task/task_restore.h"
#include "task/task_write.h"

#define DELETED "taskcrm_internal.deleted_task d"
#define IS_IT "d.org_id = $1 AND d.id = $2"
/* The rows of a table in the document. */
#define EACH(table) DELETED ", json_array_elements(d.document -> '" table "') r"
#define ID_IN(key) "(r.value ->> '" key "')::uuid"
#define ROW_WITH(members) "(r.value::jsonb || jsonb_build_object('org_id', $1" members "))"
#define TASK_KEY(key) "(d.document #>> '{task," key "}')"

/* The id of a user, NULL if there is no such user any more. */
#define USER(id) "(SELECT u.id FROM taskcrm.app_user u WHERE u.id = " id ")"
#define ACCOUNT "(SELECT a.id FROM taskcrm.account a WHERE a.org_id = $1 AND a.id = " TASK_KEY("account_id") "::uuid)"
/* Whether the target of a reference exists. */
#define HAS(table, column, id) "EXISTS (SELECT FROM taskcrm." table " x WHERE x.org_id = $1 AND x." column " = " id ")"

#define RESTORE_PLAN(sql) BOOKKEEPING_PLAN(sql, 2, UUIDOID, UUIDOID)

static KeptPlan visible_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.deleted_task t WHERE t.org_id = $1 AND t.id = $2 AND " DELETED_IS_VISIBLE,
	2, UUIDOID, UUIDOID);

/* As a new row that refers to the organization does. */
static KeptPlan hold_organization_plan = RESTORE_PLAN(
	"SELECT FROM taskcrm.organization o WHERE o.id = $1 AND $2 IS NOT NULL FOR KEY SHARE");

static KeptPlan living_plan = RESTORE_PLAN(
	"SELECT FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = $2 FOR KEY SHARE");

/* A second transaction waits here, and then finds nothing. */
static KeptPlan take_plan = RESTORE_PLAN("SELECT FROM " DELETED " WHERE " IS_IT " FOR UPDATE");

/* By the order of locks; each statement sees what the one before has waited for. */
static KeptPlan hold_plans[] = {
	RESTORE_PLAN("SELECT FROM taskcrm.account a WHERE a.org_id = $1"
				 " AND a.id = (SELECT " TASK_KEY("account_id") "::uuid FROM " DELETED " WHERE " IS_IT ") FOR KEY SHARE"),
	RESTORE_PLAN("SELECT FROM taskcrm.contact c WHERE c.org_id = $1"
				 " AND c.id = ANY (ARRAY(SELECT " ID_IN("contact_id") " FROM " EACH("task_contact") " WHERE " IS_IT "))"
				 " ORDER BY c.id FOR KEY SHARE"),
	RESTORE_PLAN("SELECT FROM taskcrm.team m WHERE m.org_id = $1"
				 " AND m.id = ANY (ARRAY(SELECT " ID_IN("team_id") " FROM " EACH("task_team") " WHERE " IS_IT "))"
				 " ORDER BY m.id FOR KEY SHARE"),
	RESTORE_PLAN("SELECT FROM taskcrm.member m WHERE m.org_id = $1"
				 " AND m.user_id = ANY (ARRAY(SELECT " ID_IN("user_id") " FROM " EACH("task_assignee") " WHERE " IS_IT
				 " UNION ALL SELECT " ID_IN("user_id") " FROM " EACH("task_mention") " WHERE " IS_IT "))"
				 " ORDER BY m.user_id FOR KEY SHARE"),
};

#define GONE(key, part, table, column) \
	"ARRAY(SELECT " ID_IN(key) " FROM " EACH(part) " WHERE " IS_IT " AND NOT " HAS(table, column, ID_IN(key)) " ORDER BY 1)"
#define TAKEN(table) \
	"ARRAY(SELECT " ID_IN("id") " FROM " EACH(table) " WHERE " IS_IT " AND " HAS(table, "id", ID_IN("id")) " ORDER BY 1)"

/* In the order of missing_fields. */
static KeptPlan missing_plan = RESTORE_PLAN(
	"SELECT (SELECT CASE WHEN " ACCOUNT " IS NULL THEN " TASK_KEY("account_id") "::uuid END FROM " DELETED " WHERE " IS_IT "), "
	GONE("contact_id", "task_contact", "contact", "id") ", "
	GONE("user_id", "task_assignee", "member", "user_id") ", "
	GONE("team_id", "task_team", "team", "id") ", " TAKEN("task_comment"));

static const RowField missing_fields[] = {
	{"account", ROW_UUID, true, "The id of the account, if it was deleted."},
	{"contacts", ROW_UUIDS, false, "The ids of contacts that were deleted."},
	{"assigned_to", ROW_UUIDS, false, "The ids of users who are no longer members."},
	{"teams", ROW_UUIDS, false, "The ids of teams that were deleted."},
	{"comments", ROW_UUIDS, false, "The ids of comments that another comment has by now."}
};

const RowSchema missing_schema = {
	"Missing", "What a restored task no longer has.", lengthof(missing_fields), missing_fields
};

/* Inserts rows of a table; tells whether all were written, or returns no row for none. */
#define INSERT_ROWS(table, rows) \
	"SELECT taskcrm_internal.import_rows('" table "', n.found) = json_array_length(n.found)" \
	" FROM (SELECT json_agg(" rows ") AS found"
#define PUT_ROWS(name, members, condition) { \
	.table = (name), \
	.plan = RESTORE_PLAN(INSERT_ROWS(name, ROW_WITH(members)) " FROM " EACH(name) " WHERE " IS_IT " AND " condition ") n" \
						 " WHERE n.found IS NOT NULL") \
}
#define OF_TASK ", 'task_id', $2"

/* The files of the task a in the bin, who attached one, and the contents c of those that are back. */
#define FILES "a.org_id = $1 AND a.deleted_task_id = $2"
#define ATTACHED_BY \
	"(SELECT " ID_IN("created_by") " FROM " EACH("task_attachment") " WHERE " IS_IT " AND " ID_IN("id") " = a.id LIMIT 1)"
#define CONTENTS "a.org_id = $1 AND a.task_id = $2 AND c.org_id = $1 AND c.attachment_id = a.id AND c.in_bin"

/* Parents before their children. */
static struct
{
	const char *table;
	KeptPlan	plan;
}			restored_parts[] = {
	{"task", RESTORE_PLAN(
			INSERT_ROWS("task", "(d.document -> 'task')::jsonb || jsonb_build_object('org_id', $1, 'id', $2,"
						" 'version', " TASK_KEY("version") "::integer + 1, 'updated_on', now(), 'account_id', " ACCOUNT ","
						" 'created_by', " USER(TASK_KEY("created_by") "::uuid") ","
						" 'completed_by', " USER(TASK_KEY("completed_by") "::uuid") ")")
			" FROM " DELETED " WHERE " IS_IT ") n WHERE n.found IS NOT NULL")},
	PUT_ROWS("task_contact", OF_TASK, HAS("contact", "id", ID_IN("contact_id"))),
	PUT_ROWS("task_assignee", OF_TASK, HAS("member", "user_id", ID_IN("user_id"))),
	PUT_ROWS("task_team", OF_TASK, HAS("team", "id", ID_IN("team_id"))),
	PUT_ROWS("task_comment", OF_TASK ", 'commented_by', " USER(ID_IN("commented_by")), "NOT " HAS("task_comment", "id", ID_IN("id"))),
	/* A comment of this transaction has got its mentions from a trigger. */
	PUT_ROWS("task_mention", "", HAS("member", "user_id", ID_IN("user_id"))
			 " AND EXISTS (SELECT FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.task_id = $2 AND c.id = " ID_IN("comment_id") ")"
			 " AND NOT EXISTS (SELECT FROM taskcrm.task_mention m WHERE m.org_id = $1 AND m.comment_id = " ID_IN("comment_id")
			 " AND m.user_id = " ID_IN("user_id") ")"),
	{"task_attachment", RESTORE_PLAN(
			"WITH n AS (UPDATE taskcrm.task_attachment a SET task_id = $2, deleted_task_id = NULL, created_by = " USER(ATTACHED_BY)
			" WHERE " FILES " RETURNING 1)"
			" SELECT (SELECT count(*) FROM taskcrm.task_attachment a WHERE " FILES ") = (SELECT count(*) FROM n)")},
	{"task_attachment_content", RESTORE_PLAN(
			"WITH n AS (UPDATE taskcrm.task_attachment_content c SET in_bin = false FROM taskcrm.task_attachment a WHERE " CONTENTS " RETURNING 1)"
			" SELECT (SELECT count(*) FROM taskcrm.task_attachment a JOIN taskcrm.task_attachment_content c ON " CONTENTS ")"
			" = (SELECT count(*) FROM n)")},
};

static KeptPlan leave_plan = RESTORE_PLAN("DELETE FROM " DELETED " WHERE " IS_IT);

/* The task that is being put back; NULL for none. */
static const pg_uuid_t *restored_org = NULL;
static const pg_uuid_t *restored_task = NULL;

/*
 * Returns whether a row that is inserted belongs to a task that is being put back.
 */
bool
task_restore_is_running(const pg_uuid_t *org_id, const pg_uuid_t *task_id)
{
	return restored_task != NULL && tc_uuid_compare(restored_org, org_id) == 0 &&
		tc_uuid_compare(restored_task, task_id) == 0;
}

static void
put_parts_back(const Datum *values)
{
	for (int i = 0; i < (int) lengthof(restored_parts); i++)
	{
		bool		isnull;

		task_bin_move(&restored_parts[i].plan, restored_org, values, NULL);
		if (SPI_processed > 0 && !DatumGetBool(plan_value(0, 1, &isnull)))
			suppress_raise(restored_parts[i].table);
	}
}

/* Inserts all rows, as those of a task that is put back. */
static void
put_back(const pg_uuid_t *org_id, const pg_uuid_t *id, const Datum *values)
{
	MemoryContext context = CurrentMemoryContext;

	restored_org = org_id;
	restored_task = id;
	PG_TRY();
	{
		put_parts_back(values);
	}
	PG_CATCH();
	{
		restored_task = NULL;
		/* Somebody else has created a task with this id by now. */
		task_write_explain_failure(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	restored_task = NULL;
}

/*
 * Locks the row in the bin and what the task refers to.  Returns false if somebody else has
 * taken the row.  Raises PT409 if there is a task with its id.
 */
static bool
take(const Datum *values)
{
	(void) plan_finds(&hold_organization_plan, values);
	if (plan_finds(&living_plan, values))
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("a task with this id already exists"),
				 errhint("Delete the existing task first; it then replaces the one in the bin.")));
	if (!plan_finds(&take_plan, values))
		return false;
	for (int i = 0; i < (int) lengthof(hold_plans); i++)
		plan_run(&hold_plans[i], values, NULL, false);
	return true;
}

/* Writes what is missing, and moves the rows. */
static bool
move_back(JsonWriter *missing, const Identity *identity, const pg_uuid_t *id, const Datum *values)
{
	if (!take(values))
		return false;
	plan_run(&missing_plan, values, NULL, false);
	json_write_open(missing, '{');
	row_write_fields(missing, &missing_schema, 0);
	json_write_close(missing, '}');
	put_back(&identity->org_id, id, values);
	plan_run(&leave_plan, values, NULL, false);
	plan_require_rows(1, "deleted_task");
	return true;
}

/*
 * Puts a task back and writes it, with what is missing of it.  Returns false if the bin has
 * no such task that the caller sees.  Raises PT409 if there is a task with this id, 09000 if
 * a trigger suppresses a row.  Needs an API call in progress.
 */
bool
task_restore(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};
	StatementFrame frame;
	JsonWriter	missing;
	bool		is_back;

	if (!plan_finds(&visible_plan, values))
		return false;
	json_write_begin(&missing);
	frame_enter(&frame, OWNER_BOOKKEEPING);
	frame_fix_formats();
	is_back = move_back(&missing, identity, id, values);
	frame_leave(&frame);
	if (!is_back)
		return false;
	json_write_open(out, '{');
	if (!task_answer_write_members(out, identity, id))
		suppress_raise("task");
	json_write_key(out, "missing");
	json_write_raw(out, json_write_end(&missing));
	json_write_close(out, '}');
	return true;
}
