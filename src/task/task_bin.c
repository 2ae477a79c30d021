/*
 * task_bin.c
 *		The bin: deleted tasks, kept for some time.
 *
 * A deletion moves a task out of the tables that lists, counters and indexes are made of: the
 * rows of the task, its links, comments and mentions become one JSON document.  Files stay
 * where they are, because copying their contents would cost more than the rest: their rows
 * refer to the deleted task instead of the task, and the policies hide them.  The API moves
 * all tasks of a call with one statement before it deletes them; a trigger moves those that
 * other statements delete.  task_restore.c puts them back.
 *
 * What is in the bin refers to nothing else, so that a deletion locks neither the organization
 * nor a user, and what a task referred to can be deleted meanwhile.  So who attached a file is
 * in the document.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/settings.h"
#include "db/frame.h"
#include "db/installed_version.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "db/trigger_row.h"
#include "task/task_bin.h"
#include "task/task_link_trigger.h"

PG_FUNCTION_INFO_V1(tc_task_binned);

/* The rows that belong to a task, in the document; id: an expression. */
#define PART_ROWS(table, id) \
	", '" table "', coalesce((SELECT json_agg(p) FROM taskcrm." table " p" \
	" WHERE p.org_id = $1 AND p.task_id = " id "), '[]')"

#define DOCUMENT(task, id) \
	"json_build_object('task', " task PART_ROWS("task_contact", id) PART_ROWS("task_assignee", id) \
	PART_ROWS("task_team", id) PART_ROWS("task_comment", id) \
	", 'task_mention', coalesce((SELECT json_agg(m) FROM taskcrm.task_comment p" \
	" JOIN taskcrm.task_mention m ON m.org_id = $1 AND m.comment_id = p.id" \
	" WHERE p.org_id = $1 AND p.task_id = " id "), '[]')" \
	", 'task_attachment', coalesce((SELECT json_agg(json_build_object('id', p.id, 'created_by', p.created_by))" \
	" FROM taskcrm.task_attachment p WHERE p.org_id = $1 AND p.task_id = " id "), '[]'))"

/*
 * source: a SELECT of the rows of deleted_task.  A task may have had the id before; then the
 * older one is replaced, with its files.
 */
#define MOVE(source) \
	"WITH d AS (INSERT INTO taskcrm_internal.deleted_task AS d" \
	" (org_id, id, title, created_by, deleted_by, deleted_on, document) " source \
	" ON CONFLICT (org_id, id) DO UPDATE SET title = excluded.title, created_by = excluded.created_by," \
	" deleted_by = excluded.deleted_by, deleted_on = excluded.deleted_on, document = excluded.document" \
	" RETURNING d.id)," \
	" r AS (DELETE FROM taskcrm.task_attachment a USING d WHERE a.org_id = $1 AND a.deleted_task_id = d.id)," \
	" f AS (UPDATE taskcrm.task_attachment a SET task_id = NULL, deleted_task_id = a.task_id, created_by = NULL" \
	" FROM d WHERE a.org_id = $1 AND a.task_id = d.id RETURNING a.id)," \
	" c AS (UPDATE taskcrm.task_attachment_content c SET in_bin = true FROM f WHERE c.org_id = $1 AND c.attachment_id = f.id)" \
	" SELECT count(*) FROM d"

/* $2 tasks, $3 who deletes them, $4 when. */
static KeptPlan put_plan = BOOKKEEPING_PLAN(
	MOVE("SELECT $1, t.id, t.title, t.created_by, $3, $4, " DOCUMENT("t", "t.id")
		 " FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = ANY ($2)"),
	4, UUIDOID, UUIDARRAYOID, UUIDOID, TIMESTAMPTZOID);

/* The same for one task, $2, whose row is gone: $5 title, $6 author, $7 the row. */
static KeptPlan put_row_plan = BOOKKEEPING_PLAN(
	MOVE("SELECT $1, $2, $5, $6, $3, $4, " DOCUMENT("$7", "$2") " FROM taskcrm.organization o WHERE o.id = $1"),
	7, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, JSONOID);

/* Whether a file of the tasks, $2, is not in the bin, or the bin still has one that was replaced. */
static KeptPlan lost_file_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.task_attachment a WHERE a.org_id = $1 AND a.task_id = ANY ($2)"
	" UNION ALL SELECT FROM taskcrm_internal.deleted_task d"
	" JOIN taskcrm.task_attachment a ON a.org_id = $1 AND a.deleted_task_id = d.id"
	" WHERE d.org_id = $1 AND d.id = ANY ($2) AND NOT EXISTS (SELECT FROM json_array_elements(d.document -> 'task_attachment') r"
	" WHERE (r.value ->> 'id')::uuid = a.id) LIMIT 1",
	2, UUIDOID, UUIDARRAYOID);

/* Whether the content of one is visible, or there without the file. */
static KeptPlan lost_content_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.task_attachment a"
	" JOIN taskcrm.task_attachment_content c ON c.org_id = $1 AND c.attachment_id = a.id"
	" WHERE a.org_id = $1 AND a.deleted_task_id = ANY ($2) AND NOT c.in_bin LIMIT 1",
	2, UUIDOID, UUIDARRAYOID);

/*
 * Deletes a few at a time, and skips those that somebody restores.  Nothing is locked after
 * it (see stored_answer_expire()).  Returns how many there were, and how many are gone.
 */
static KeptPlan expire_plan = TENANT_PLAN(
	"WITH old AS MATERIALIZED (SELECT o.id FROM taskcrm_internal.deleted_task o"
	" WHERE o.org_id = $1 AND o.deleted_on < $2 ORDER BY o.deleted_on, o.id LIMIT 100 FOR UPDATE SKIP LOCKED),"
	" gone AS (DELETE FROM taskcrm_internal.deleted_task d USING old WHERE d.org_id = $1 AND d.id = old.id RETURNING 1)"
	" SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)",
	2, UUIDOID, TIMESTAMPTZOID);

static KeptPlan purge_plan = TENANT_PLAN(
	"WITH old AS MATERIALIZED (SELECT o.id FROM taskcrm_internal.deleted_task o"
	" WHERE o.org_id = $1 AND o.deleted_on < $2 ORDER BY o.deleted_on, o.id FOR UPDATE),"
	" gone AS (DELETE FROM taskcrm_internal.deleted_task d USING old WHERE d.org_id = $1 AND d.id = old.id RETURNING 1)"
	" SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)",
	2, UUIDOID, TIMESTAMPTZOID);

/* Whether a cascade has left a file of a task that is not in the bin any more, or the content of such a file. */
static KeptPlan left_file_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.task_attachment a WHERE a.org_id = $1 AND a.deleted_task_id IS NOT NULL"
	" AND NOT EXISTS (SELECT FROM taskcrm_internal.deleted_task d WHERE d.org_id = $1 AND d.id = a.deleted_task_id) LIMIT 1",
	1, UUIDOID);

static KeptPlan left_content_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.task_attachment_content c WHERE c.org_id = $1 AND c.in_bin"
	" AND NOT EXISTS (SELECT FROM taskcrm.task_attachment a WHERE a.org_id = $1 AND a.id = c.attachment_id) LIMIT 1",
	1, UUIDOID);

static KeptPlan forget_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.deleted_task d WHERE d.org_id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

static const RowField deleted_fields[] = {
	{"id", ROW_UUID, false, "The id of the task."},
	{"title", ROW_TEXT, false, "The title."},
	{"created_by", ROW_UUID, true, "The id of the user who created it."},
	{"deleted_by", ROW_UUID, true, "The id of the user who deleted it; null for an administrator of the database."},
	{"deleted_on", ROW_TIMESTAMP, false, "When it was deleted."}
};

const RowSchema deleted_schema = {
	"DeletedTask", "A deleted task that can be restored.", lengthof(deleted_fields), deleted_fields
};

/* The tasks that the API has moved and is deleting. */
static BinTasks moved;

/* The organization whose files are being moved into the bin or out of it; NULL for none. */
static const pg_uuid_t *moving = NULL;

/*
 * Runs a plan that moves files of an organization into the bin or out of it.  values, nulls: as for
 * plan_run().
 */
void
task_bin_move(KeptPlan *plan, const pg_uuid_t *org_id, const Datum *values, const char *nulls)
{
	/* A trigger of a user may move others meanwhile. */
	const pg_uuid_t *former = moving;

	moving = org_id;
	PG_TRY();
	{
		plan_run(plan, values, nulls, false);
	}
	PG_FINALLY();
	{
		moving = former;
	}
	PG_END_TRY();
}

/*
 * Returns whether a column of a row, which never changes otherwise, is changed because a file is
 * moved into the bin or out of it.  data: of a trigger before UPDATE.
 */
bool
task_bin_moves(const TriggerData *data, const char *column)
{
	/* On a cluster, a shard has another name. */
	return moving != NULL && SPI_fnumber(RelationGetDescr(data->tg_relation), "deleted_task_id") > 0 &&
		(strcmp(column, "task_id") == 0 || strcmp(column, "deleted_task_id") == 0 || strcmp(column, "created_by") == 0) &&
		tc_uuid_compare(moving, DatumGetUUIDP(trigger_row_value(data->tg_relation, data->tg_trigtuple, "org_id", UUIDOID))) == 0;
}

/* Raises 09000 if a trigger kept a file of tasks from the bin.  values: the organization and the ids, uuid[]. */
static void
require_files(const Datum *values)
{
	if (suppress_is_possible("task_attachment") && plan_finds(&lost_file_plan, values))
		suppress_raise("task_attachment");
	if (suppress_is_possible("task_attachment_content") && plan_finds(&lost_content_plan, values))
		suppress_raise("task_attachment_content");
}

/* Adds who deletes tasks, and when. */
static void
add_deletion(PlanArgs *args, const Identity *identity)
{
	plan_arg_nullable(args, (NullableDatum) {UUIDPGetDatum(&identity->user_id), !identity->has_user});
	plan_arg(args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
}

/*
 * Puts tasks into the bin, which the caller then deletes.  values: the organization and the
 * ids, uuid[]; count: of them.  Raises 09000 if a trigger suppresses a row.
 */
void
task_bin_put(const Identity *identity, const Datum *values, int count)
{
	StatementFrame frame;
	PlanArgs	args = {0};
	bool		isnull;

	if (settings_bin_retention == 0 || !installed_has_table("deleted_task"))
		return;
	plan_arg(&args, values[0]);
	plan_arg(&args, values[1]);
	add_deletion(&args, identity);
	frame_enter(&frame, OWNER_BOOKKEEPING);
	frame_fix_formats();
	task_bin_move(&put_plan, &identity->org_id, args.values, args.nulls);
	if (DatumGetInt64(plan_value(0, 1, &isnull)) != count)
		suppress_raise("deleted_task");
	require_files(values);
	frame_leave(&frame);
}

/*
 * Lets tasks that are in the bin be deleted: the trigger does not put them there again.
 * former: set for task_bin_end(), which must be called, also after an error.  A trigger may
 * call it for other tasks meanwhile.
 */
void
task_bin_let_go(BinTasks *former, const pg_uuid_t *org_id, Datum *ids, int count)
{
	pg_uuid_t  *copy = palloc(sizeof(pg_uuid_t) * Max(count, 1));

	for (int i = 0; i < count; i++)
		copy[i] = *DatumGetUUIDP(ids[i]);
	*former = moved;
	moved.org_id = *org_id;
	id_set_make(&moved.ids, copy, count);
}

/* Ends what task_bin_let_go() has begun. */
void
task_bin_end(const BinTasks *former)
{
	moved = *former;
}

static bool
is_moved(const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	return moved.ids.count > 0 && tc_uuid_compare(&moved.org_id, org_id) == 0 && id_set_position(&moved.ids, id) >= 0;
}

/* Puts the task that a trigger fires for into the bin. */
static void
put_row(const TriggerData *data, const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	StatementFrame frame;
	PlanArgs	args = {0};
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};
	bool		no_author;
	Datum		author = trigger_row_nullable(data->tg_relation, data->tg_trigtuple, "created_by", UUIDOID, &no_author);

	plan_arg(&args, values[0]);
	plan_arg(&args, values[1]);
	add_deletion(&args, identity_current());
	plan_arg(&args, trigger_row_value(data->tg_relation, data->tg_trigtuple, "title", TEXTOID));
	plan_arg_nullable(&args, (NullableDatum) {author, no_author});
	frame_enter(&frame, OWNER_BOOKKEEPING);
	frame_fix_formats();
	plan_arg(&args, DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(data->tg_trigtuple, desc)));
	task_bin_move(&put_row_plan, org_id, args.values, args.nulls);
	values[1] = PointerGetDatum(tc_uuid_array(&values[1], 1));
	require_files(values);
	frame_leave(&frame);
}

/*
 * task_binned() returns trigger
 *
 * Fires after DELETE of each task, before the cascades of the foreign keys, and puts it into
 * the bin.  Not after the DELETE of its organization, nor where the API has done so.
 */
Datum
tc_task_binned(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	pg_uuid_t  *org_id;
	pg_uuid_t  *id;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after %s for each row", "task_binned", "DELETE")));
	if (settings_bin_retention == 0)
		return PointerGetDatum(NULL);
	org_id = DatumGetUUIDP(trigger_row_value(data->tg_relation, data->tg_trigtuple, "org_id", UUIDOID));
	id = DatumGetUUIDP(trigger_row_value(data->tg_relation, data->tg_trigtuple, "id", UUIDOID));
	if (!link_trigger_is_going(org_id) && !is_moved(org_id, id))
		put_row(data, org_id, id);
	return PointerGetDatum(NULL);
}

/* Deletes the deleted tasks of an organization that is gone. */
void
task_bin_forget(const pg_uuid_t *org_id)
{
	Datum		value = UUIDPGetDatum(org_id);
	OwnerSwitch saved;

	if (!installed_has_table("deleted_task"))
		return;
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run(&forget_plan, &value, NULL, false);
	SPI_finish();
	owner_leave(&saved);
}

/* Raises 09000 if a trigger kept a file of a task that was removed.  values: the organization. */
static void
require_no_files(const Datum *values)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	if (suppress_is_possible("task_attachment") && plan_finds(&left_file_plan, values))
		suppress_raise("task_attachment");
	if (suppress_is_possible("task_attachment_content") && plan_finds(&left_content_plan, values))
		suppress_raise("task_attachment_content");
	owner_leave(&saved);
}

/* Deletes what is older than before.  Returns how many tasks. */
static int64
delete_older(KeptPlan *plan, const pg_uuid_t *org_id, TimestampTz before)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), TimestampTzGetDatum(before)};
	int64		gone;
	bool		isnull;

	plan_run(plan, values, NULL, false);
	gone = DatumGetInt64(plan_value(0, 2, &isnull));
	if (gone != DatumGetInt64(plan_value(0, 1, &isnull)))
		suppress_raise("deleted_task");
	require_no_files(values);
	return gone;
}

/*
 * Deletes a few tasks of an organization that have been in the bin for longer than
 * taskcrm.bin_retention.  Nothing may be locked after it.  Needs an API call in progress.
 */
void
task_bin_expire(const pg_uuid_t *org_id)
{
	/* With an older snapshot, rows deleted by others in the meantime would be an error. */
	if (!IsolationUsesXactSnapshot() && installed_has_table("deleted_task"))
		(void) delete_older(&expire_plan, org_id,
							GetCurrentStatementStartTimestamp() - settings_bin_retention * (int64) USECS_PER_MINUTE);
}

/*
 * Deletes the tasks of an organization that were put into the bin before a time, and returns
 * how many.  Needs an API call of an admin in progress.
 */
int64
task_bin_purge(const pg_uuid_t *org_id, TimestampTz before)
{
	return delete_older(&purge_plan, org_id, before);
}
