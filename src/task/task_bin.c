/*
 * task_bin.c
 *		The bin: deleted tasks, kept for some time.
 *
 * A deletion moves a task out of the tables that lists, counters and indexes are made of: the
 * rows of the task, its links, comments, mentions and attachments become one JSON document,
 * the contents of files rows of a second table.  The API moves all tasks of a call with one
 * statement before it deletes them; a trigger moves those that other statements delete.
 * task_restore.c puts them back.
 *
 * The tables refer to nothing, so that a deletion locks neither the organization nor a user,
 * and what a task referred to can be deleted while it is in the bin.
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
	" WHERE p.org_id = $1 AND p.task_id = " id "), '[]')" PART_ROWS("task_attachment", id) ")"

/*
 * source: a SELECT of the rows of deleted_task.  A task may have had the id before; then the
 * older one is replaced.
 */
#define MOVE(source) \
	"WITH d AS (INSERT INTO taskcrm_internal.deleted_task AS d" \
	" (org_id, id, title, created_by, deleted_by, deleted_on, document) " source \
	" ON CONFLICT (org_id, id) DO UPDATE SET title = excluded.title, created_by = excluded.created_by," \
	" deleted_by = excluded.deleted_by, deleted_on = excluded.deleted_on, document = excluded.document" \
	" RETURNING d.id)," \
	" f AS (INSERT INTO taskcrm_internal.deleted_file AS f (org_id, task_id, attachment_id, content)" \
	" SELECT $1, a.task_id, a.id, c.content FROM d JOIN taskcrm.task_attachment a ON a.org_id = $1 AND a.task_id = d.id" \
	" JOIN taskcrm.task_attachment_content c ON c.org_id = $1 AND c.attachment_id = a.id" \
	" ON CONFLICT (org_id, task_id, attachment_id) DO UPDATE SET content = excluded.content)" \
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

/* Whether the content of a file of the tasks, $2, is not in the bin. */
static KeptPlan lost_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.task_attachment a"
	" JOIN taskcrm.task_attachment_content c ON c.org_id = $1 AND c.attachment_id = a.id"
	" WHERE a.org_id = $1 AND a.task_id = ANY ($2) AND NOT EXISTS (SELECT FROM taskcrm_internal.deleted_file f"
	" WHERE f.org_id = $1 AND f.task_id = a.task_id AND f.attachment_id = a.id) LIMIT 1",
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
	plan_run_args(&put_plan, &args);
	if (DatumGetInt64(plan_value(0, 1, &isnull)) != count)
		suppress_raise("deleted_task");
	if (suppress_is_possible("deleted_file") && plan_finds(&lost_plan, values))
		suppress_raise("deleted_file");
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
	bool		no_author;
	Datum		author = trigger_row_nullable(data->tg_relation, data->tg_trigtuple, "created_by", UUIDOID, &no_author);

	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	add_deletion(&args, identity_current());
	plan_arg(&args, trigger_row_value(data->tg_relation, data->tg_trigtuple, "title", TEXTOID));
	plan_arg_nullable(&args, (NullableDatum) {author, no_author});
	frame_enter(&frame, OWNER_BOOKKEEPING);
	frame_fix_formats();
	plan_arg(&args, DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(data->tg_trigtuple, desc)));
	plan_run_args(&put_row_plan, &args);
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
