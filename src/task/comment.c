/*
 * comment.c
 *		Comments on tasks.
 *
 * The trigger on the table stores the mentions of a comment (comment_trigger.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "db/row.h"
#include "db/suppressed_row.h"
#include "task/comment.h"
#include "task/task_refs.h"

#define COMMENT_COLUMNS "c.id, c.comment, c.task_id, c.commented_on, c.commented_by, c.edited_on"

/*
 * $1 organization.  A comment has more mentions than its text has room for only if
 * somebody inserted them directly.
 */
#define COMMENT_WITH_MENTIONS COMMENT_COLUMNS \
	", ARRAY(SELECT m.user_id FROM taskcrm.task_mention m" \
	" WHERE m.org_id = $1 AND m.comment_id = c.id ORDER BY m.user_id LIMIT 1000)"

#define COMMENT_LIST \
	"SELECT " COMMENT_WITH_MENTIONS " FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.task_id = $2"

#define NEWEST_FIRST " ORDER BY c.commented_on DESC, c.id DESC LIMIT $3"

static void write_comment_row(JsonWriter *out, uint64 row);

Timeline	comment_timeline = {
	.path = "comments/",
	.time_column = 4,
	.newest = TENANT_PLAN(
		COMMENT_LIST NEWEST_FIRST " OFFSET $4",
		4, UUIDOID, UUIDOID, INT8OID, INT8OID),
	.after = TENANT_PLAN(
		COMMENT_LIST " AND (c.commented_on, c.id) < ($4, $5)" NEWEST_FIRST,
		5, UUIDOID, UUIDOID, INT8OID, TIMESTAMPTZOID, UUIDOID),
	.count = TENANT_PLAN(
		"SELECT pg_catalog.count(*) FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.task_id = $2",
		2, UUIDOID, UUIDOID),
	.chosen = TENANT_PLAN(
		"SELECT " COMMENT_WITH_MENTIONS " FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.id = ANY ($2) ORDER BY c.id",
		2, UUIDOID, UUIDARRAYOID),
	.write = write_comment_row
};

/*
 * $2 task, $3 id, $4 author, $5 now, $6 text.  Because it selects from the task, a
 * comment on a task that does not exist or is being deleted returns no row instead of an
 * error.
 */
static KeptPlan insert_plan = TENANT_PLAN(
	"INSERT INTO taskcrm.task_comment AS c (org_id, id, task_id, comment, commented_on, commented_by)"
	" SELECT $1, $3, t.id, $6, $5, $4 FROM (SELECT t.id FROM taskcrm.task t"
	" WHERE t.org_id = $1 AND t.id = $2 FOR KEY SHARE) t"
	" RETURNING " COMMENT_COLUMNS ", ARRAY[]::pg_catalog.uuid[]",
	6, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID);

/*
 * The same lock as the update takes.  After waiting for another edit, it sees the result.
 */
static KeptPlan lock_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

/* $3 text. */
static KeptPlan update_plan = TENANT_PLAN(
	"UPDATE taskcrm.task_comment AS c SET comment = $3"
	" WHERE c.org_id = $1 AND c.id = $2 RETURNING " COMMENT_COLUMNS ", ARRAY[]::pg_catalog.uuid[]",
	3, UUIDOID, UUIDOID, TEXTOID);

/* The comment that was just written, with the mentions that the trigger has stored. */
static KeptPlan read_plan = TENANT_PLAN(
	"SELECT " COMMENT_WITH_MENTIONS " FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.id = $2",
	2, UUIDOID, UUIDOID);

static CascadePart mention_part = CASCADE_PART("task_mention", "comment_id = $2");

static KeptPlan exists_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan delete_plan = TENANT_PLAN(
	"DELETE FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static const RowField comment_fields[] = {
	{"id", ROW_UUID, false, "The id of the comment."},
	{"comment", ROW_TEXT, false, "The text."},
	{"task", ROW_UUID, false, "The id of the task."},
	{"commented_on", ROW_TIMESTAMP, false, "When the comment was written."},
	{"commented_by", ROW_UUID, true, "The id of the user who wrote the comment; null if it was imported without one."},
	{"edited_on", ROW_TIMESTAMP, true, "When the comment was last edited; null if never."},
	{"mentions", ROW_UUIDS, false, "The ids of the users whom the comment mentions."}
};

const RowSchema comment_schema = {"Comment", "A comment on a task.", lengthof(comment_fields), comment_fields};

/* Writes one row of the last statement. */
static void
write_comment_row(JsonWriter *out, uint64 row)
{
	json_write_open(out, '{');
	row_write_fields(out, &comment_schema, row);
	json_write_close(out, '}');
}

/*
 * Writes a comment that was just stored and whose row is the last result.  If it may
 * mention somebody, the mentions are read first.
 */
static void
write_written(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};
	bool		isnull;

	if (strchr(TextDatumGetCString(plan_value(0, 2, &isnull)), '@') != NULL)
	{
		plan_run(&read_plan, values, NULL, false);
		plan_require_rows(1, "task_comment");
	}
	write_comment_row(out, 0);
}

/*
 * Adds a comment and writes it.  comment: text, checked.  Returns false if the task does
 * not exist.  Needs an API call in progress.
 */
bool
comment_add(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id, Datum comment)
{
	Datum		values[6];
	pg_uuid_t	id;

	tc_uuid_make(&id);
	values[0] = UUIDPGetDatum(&identity->org_id);
	values[1] = UUIDPGetDatum(task_id);
	values[2] = UUIDPGetDatum(&id);
	values[3] = UUIDPGetDatum(&identity->user_id);
	values[4] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[5] = comment;
	if (!plan_finds(&insert_plan, values))
	{
		if (task_refs_task_exists(&identity->org_id, task_id, false))
			suppress_raise("task_comment");
		return false;
	}
	write_written(out, identity, &id);
	return true;
}

/*
 * Locks a comment that will be edited and writes its current state.  Returns false like
 * comment_edit().  Needs an API call in progress.
 */
bool
comment_lock(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!plan_finds(&lock_plan, values))
		return false;
	plan_run(&read_plan, values, NULL, false);
	plan_require_rows(1, "task_comment");
	write_comment_row(out, 0);
	return true;
}

/*
 * Edits a comment and writes it.  Returns false if the policies do not let the caller
 * update such a comment.  Needs an API call in progress.
 */
bool
comment_edit(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, Datum comment)
{
	Datum		values[3] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id), comment};

	if (!plan_finds(&lock_plan, values))
		return false;
	plan_run(&update_plan, values, NULL, false);
	plan_require_rows(1, "task_comment");
	write_written(out, identity, id);
	return true;
}

/*
 * Deletes a comment.  Returns false like comment_edit().  Needs an API call in progress.
 */
bool
comment_delete(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!plan_finds(&lock_plan, values))
		return false;
	delete_cascaded(&mention_part, values);
	plan_run(&delete_plan, values, NULL, false);
	plan_require_rows(1, "task_comment");
	return true;
}

/*
 * Returns whether the comment exists, to find out why it could not be changed.  Needs an
 * API call in progress.
 */
bool
comment_exists(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	return plan_finds(&exists_plan, values);
}
