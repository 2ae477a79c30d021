/*
 * comment.c
 *		Comments on tasks.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "db/plan.h"
#include "db/row.h"
#include "task/comment.h"
#include "task/mention.h"

#define COMMENT_COLUMNS "c.id, c.comment, c.task_id, c.commented_on, c.commented_by, c.edited_on"

/* More mentions than a comment has room for are only there if somebody wrote them so. */
#define COMMENT_LIST \
	"SELECT " COMMENT_COLUMNS "," \
	" ARRAY(SELECT m.user_id FROM taskcrm.task_mention m" \
	" WHERE m.org_id = $1 AND m.comment_id = c.id ORDER BY m.user_id LIMIT 1000)" \
	" FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.task_id = $2"

#define NEWEST_FIRST " ORDER BY c.commented_on DESC, c.id DESC LIMIT $3"

static void write_row(JsonOut *out, uint64 row);

Timeline	comment_timeline = {
	.path = "comments/",
	.time_column = 4,
	.newest = {
		.sql = COMMENT_LIST NEWEST_FIRST " OFFSET $4",
		.mode = OWNER_TENANT,
		.nargs = 4,
		.argtypes = {UUIDOID, UUIDOID, INT8OID, INT8OID}
	},
	.after = {
		.sql = COMMENT_LIST " AND (c.commented_on, c.id) < ($4, $5)" NEWEST_FIRST,
		.mode = OWNER_TENANT,
		.nargs = 5,
		.argtypes = {UUIDOID, UUIDOID, INT8OID, TIMESTAMPTZOID, UUIDOID}
	},
	.count = {
		.sql = "SELECT pg_catalog.count(*) FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.task_id = $2",
		.mode = OWNER_TENANT,
		.nargs = 2,
		.argtypes = {UUIDOID, UUIDOID}
	},
	.write = write_row
};

/*
 * $2 task, $3 id, $4 author, $5 now, $6 text.  Selecting from the task makes a
 * comment on one that is not there, or is just being deleted, no row instead of an
 * error.
 */
static KeptPlan insert_plan = {
	.sql = "INSERT INTO taskcrm.task_comment AS c (org_id, id, task_id, comment, commented_on, commented_by)"
	" SELECT $1, $3, t.id, $6, $5, $4 FROM (SELECT t.id FROM taskcrm.task t"
	" WHERE t.org_id = $1 AND t.id = $2 FOR KEY SHARE) t"
	" RETURNING " COMMENT_COLUMNS ", ARRAY[]::pg_catalog.uuid[]",
	.mode = OWNER_TENANT,
	.nargs = 6,
	.argtypes = {UUIDOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID}
};

/* As the update takes it: who waits here sees afterwards what the other edit did. */
static KeptPlan lock_plan = {
	.sql = "SELECT FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

/*
 * $2 comment, $3 who is mentioned in it: the others are so no more.  Those that stay are
 * locked, so that a removal of the member that has one of them is waited for here, where
 * it cannot wait for us yet, and not when the mention is added again.
 */
static KeptPlan leave_plan = {
	.sql = "WITH d AS (DELETE FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id <> ALL ($3))"
	" SELECT FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id = ANY ($3) FOR KEY SHARE",
	.mode = OWNER_TENANT,
	.nargs = 3,
	.argtypes = {UUIDOID, UUIDOID, UUIDARRAYOID}
};

/* $3 text. */
static KeptPlan update_plan = {
	.sql = "UPDATE taskcrm.task_comment AS c SET comment = $3"
	" WHERE c.org_id = $1 AND c.id = $2 RETURNING " COMMENT_COLUMNS ", ARRAY[]::pg_catalog.uuid[]",
	.mode = OWNER_TENANT,
	.nargs = 3,
	.argtypes = {UUIDOID, UUIDOID, TEXTOID}
};

/* $2 comment, $3 who is mentioned in it. */
static KeptPlan mention_plan = {
	.sql = "WITH m AS (INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)"
	" SELECT $1, $2, u.id FROM unnest($3) u (id)"
	" ON CONFLICT (org_id, comment_id, user_id) DO NOTHING)"
	" SELECT " COMMENT_COLUMNS ", $3 FROM taskcrm.task_comment c WHERE c.org_id = $1 AND c.id = $2",
	.mode = OWNER_TENANT,
	.nargs = 3,
	.argtypes = {UUIDOID, UUIDOID, UUIDARRAYOID}
};

static KeptPlan exists_plan = {
	.sql = "SELECT FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

static KeptPlan delete_plan = {
	.sql = "DELETE FROM taskcrm.task_comment WHERE org_id = $1 AND id = $2",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

static void
write_mentions(JsonOut *out, ArrayType *mentions)
{
	int			count = ArrayGetNItems(ARR_NDIM(mentions), ARR_DIMS(mentions));
	pg_uuid_t  *ids = (pg_uuid_t *) ARR_DATA_PTR(mentions);

	json_out_key(out, "mentions");
	json_out_open(out, '[');
	for (int i = 0; i < count; i++)
		json_out_uuid(out, &ids[i]);
	json_out_close(out, ']');
}

/* Writes one row of the last statement. */
static void
write_row(JsonOut *out, uint64 row)
{
	bool		isnull;

	json_out_open(out, '{');
	row_write_uuid(out, "id", row, 1);
	row_write_text(out, "comment", row, 2);
	row_write_uuid(out, "task", row, 3);
	row_write_timestamp(out, "commented_on", row, 4);
	row_write_uuid(out, "commented_by", row, 5);
	row_write_timestamp(out, "edited_on", row, 6);
	write_mentions(out, DatumGetArrayTypeP(plan_value(row, 7, &isnull)));
	json_out_close(out, '}');
}

/*
 * Adds who is mentioned in a comment that was just written, whose row stays the last
 * result.  mentions: uuid[].
 */
static void
add_mentions(const Identity *identity, const pg_uuid_t *id, ArrayType *mentions)
{
	Datum		values[3] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (ARR_NDIM(mentions) == 0)
		return;
	values[2] = PointerGetDatum(mention_hold(identity, mentions));
	plan_run(&mention_plan, values, NULL, false);
	plan_require_rows(1);
}

/*
 * Adds a comment and writes it.  comment: text, checked.  Returns false when there
 * is no such task.  Needs an API call in progress.
 */
bool
comment_add(JsonOut *out, const Identity *identity, const pg_uuid_t *task_id, Datum comment)
{
	ArrayType  *mentions = mention_find(&identity->org_id, TextDatumGetCString(comment));
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
		return false;
	add_mentions(identity, &id, mentions);
	write_row(out, 0);
	return true;
}

/*
 * Edits a comment and writes it.  Returns false when the policies show no such
 * comment to the caller for updating.  Needs an API call in progress.
 */
bool
comment_edit(JsonOut *out, const Identity *identity, const pg_uuid_t *id, Datum comment)
{
	ArrayType  *mentions = mention_find(&identity->org_id, TextDatumGetCString(comment));
	Datum		values[3] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!plan_finds(&lock_plan, values))
		return false;
	values[2] = PointerGetDatum(mentions);
	plan_run(&leave_plan, values, NULL, false);
	values[2] = comment;
	if (!plan_finds(&update_plan, values))
		return false;
	add_mentions(identity, id, mentions);
	write_row(out, 0);
	return true;
}

/* Deletes a comment; false as comment_edit().  Needs an API call in progress. */
bool
comment_delete(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	return plan_finds(&delete_plan, values);
}

/*
 * Whether there is such a comment, for telling why it could not be changed.  Needs
 * an API call in progress.
 */
bool
comment_exists(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	return plan_finds(&exists_plan, values);
}
