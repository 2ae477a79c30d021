/*
 * api_tasks.c
 *		Creates, reads, updates and deletes tasks: the operations of the API.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/people.h"
#include "task/task_json.h"
#include "task/task_write.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_create_task);
PG_FUNCTION_INFO_V1(tc_create_tasks);
PG_FUNCTION_INFO_V1(tc_get_task);
PG_FUNCTION_INFO_V1(tc_update_task);
PG_FUNCTION_INFO_V1(tc_delete_task);

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
	CASCADE_PART("task_text", "task_id = $2"),
};

static void build_get(KeptPlan *plan, StringInfo sql);

static KeptPlan get_plan = {.mode = OWNER_TENANT, .build = build_get};

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

static void
build_get(KeptPlan *plan, StringInfo sql)
{
	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDOID;
	appendStringInfoString(sql, "SELECT ");
	task_field_select_list(sql);
	appendStringInfoString(sql, " FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = $2");
}

/* Writes the tasks that were created or changed, ordered by id. */
static void
write_task_rows(JsonWriter *out, const Identity *identity, const TaskWritten *written)
{
	for (uint64 row = 0; row < written->rows->numvals; row++)
		task_json_write_one(out, &identity->org_id, written->rows->vals[row],
							written->rows->tupdesc, &written->links);
}

/* Records which task a row is.  desc: of task_field_select_list(); mark: may be NULL. */
static void
mark_row(TaskMark *mark, HeapTuple row, TupleDesc desc)
{
	bool		isnull;

	if (mark == NULL)
		return;
	mark->id = *DatumGetUUIDP(SPI_getbinval(row, desc, task_field_column(TASK_ID), &isnull));
	mark->version = DatumGetInt32(SPI_getbinval(row, desc, task_field_column(TASK_VERSION), &isnull));
}

/* Creates one task with its attachments and writes it. */
static void
create_one(JsonWriter *out, const ApiCall *call, Jsonb *json, const SentFiles *files, TaskMark *mark)
{
	TaskInput	data;
	TaskWritten written;

	task_input_read(&data, &json->root, "task_data", TASK_INPUT_CREATE);
	task_write_new(&written, &call->identity, &data, 1, false);
	if (data.attachments != NULL)
		attachment_add_all(&call->identity, &written.ids[0], data.attachments, "task_data");
	if (files != NULL)
		attachment_add_files(&call->identity, &written.ids[0], files->files, files->count);
	write_task_rows(out, &call->identity, &written);
	mark_row(mark, written.rows->vals[0], written.rows->tupdesc);
}

/* Adds the request to the data that identifies a call with an idempotency key. */
static void
add_to_key(KeyedCall *keyed, Jsonb *json, const SentFiles *files)
{
	/* jsonb has the same bytes for the same content, whatever its formatting was. */
	idempotency_add_value(keyed, json);
	sent_files_add_to_key(keyed, files);
}

/*
 * Records which task, and which version of it, a stored answer is about.  Raises PT422
 * for an answer that was inserted into the table by other means.
 */
static void
mark_kept(TaskMark *mark, Datum answer)
{
	JsonbValue	key = {.type = jbvString};
	Jsonb	   *task;
	JsonbValue *id;
	JsonbValue *version;

	task = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(answer))));
	key.val.string.val = pstrdup("id");
	key.val.string.len = 2;
	id = findJsonbValueFromContainer(&task->root, JB_FOBJECT, &key);
	key.val.string.val = pstrdup("version");
	key.val.string.len = 7;
	version = findJsonbValueFromContainer(&task->root, JB_FOBJECT, &key);
	if (id == NULL || id->type != jbvString || version == NULL || version->type != jbvNumeric ||
		!tc_uuid_parse(pnstrdup(id->val.string.val, id->val.string.len), &mark->id))
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNPROCESSABLE),
				 errmsg("the answer that is kept for the idempotency key is not a task"),
				 errhint("Send a new key.")));
	/* cppcheck-suppress nullPointerRedundantCheck */
	mark->version = DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(version->val.numeric)));
}

/*
 * Creates a task with its links and files.  keyed: zero except for its key; files: in
 * addition to those in task_data, may be NULL; mark: set to the task, may be NULL.
 * Raises 22023, 22P02, 22007, 23503, PT413, and PT422 for a key that was used with other
 * data.
 */
Datum
api_create_task(Jsonb *task_data, KeyedCall *keyed, const SentFiles *files, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(task_data, "task_data");
	idempotency_begin(keyed, "tc_create_task");
	add_to_key(keyed, task_data, files);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		create_one(&out, &call, task_data, files, mark);
		idempotency_keep(keyed, &call.identity, &out);
	}
	else if (mark != NULL)
		mark_kept(mark, json_write_end(&out));
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_create_task(task_data jsonb, idempotency_key text) returns json
 */
Datum
tc_create_task(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};

	return api_create_task(ARGUMENT_JSONB_OR_NULL(0), &keyed, NULL, NULL);
}

/* Creates tasks and writes them.  objects: the data of each task. */
static void
create_many(JsonWriter *out, const ApiCall *call, JsonbContainer **objects, int count)
{
	TaskInput   *data = palloc_extended(sizeof(TaskInput) * Max(count, 1), MCXT_ALLOC_HUGE);
	TaskWritten written;

	for (int i = 0; i < count; i++)
		task_input_read(&data[i], objects[i], psprintf("tasks[%d]", i), TASK_INPUT_CREATE);
	json_write_open(out, '[');
	if (count > 0)
	{
		task_write_new(&written, &call->identity, data, count, true);
		for (int i = 0; i < count; i++)
		{
			if (data[i].attachments != NULL)
				attachment_add_all(&call->identity, &written.ids[i], data[i].attachments,
								   psprintf("tasks[%d]", i));
		}
		write_task_rows(out, &call->identity, &written);
	}
	json_write_close(out, ']');
}

/*
 * tc_create_tasks(tasks jsonb, idempotency_key text) returns json
 */
Datum
tc_create_tasks(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};
	Jsonb	   *tasks = ARGUMENT_JSONB_OR_NULL(0);
	ApiCall		call;
	JsonWriter		out;
	JsonbContainer **objects;
	int			count;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(tasks, "tasks");
	count = json_read_objects(tasks, "tasks", &objects);
	idempotency_begin(&keyed, "tc_create_tasks");
	idempotency_add_value(&keyed, tasks);
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		create_many(&out, &call, objects, count);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

/* Writes a task with its related data.  mark: may be NULL.  Raises PT404. */
static void
write_task_answer(JsonWriter *out, const Identity *identity, const pg_uuid_t *pk, TaskMark *mark)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(pk)};
	TimelineRest comments;
	TimelineRest attachments;

	plan_run(&get_plan, values, NULL, true);
	if (SPI_processed == 0)
		argument_not_found(NOUN_TASK);
	mark_row(mark, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);

	json_write_open(out, '{');
	json_write_key(out, "task_obj");
	task_json_write(out, &identity->org_id, SPI_tuptable->vals, SPI_tuptable->tupdesc, 1);
	people_write_assignees(out, identity, pk);
	people_write_teams(out, identity, pk);
	json_write_key(out, "comments");
	task_timeline_write_newest(out, identity, pk, &comment_timeline, &comments);
	json_write_key(out, "attachments");
	task_timeline_write_newest(out, identity, pk, &attachment_timeline, &attachments);
	people_write_mentionable(out, identity);
	task_timeline_write_rest(out, "comments_count", "comments_cursor", &comments);
	task_timeline_write_rest(out, "attachments_count", "attachments_cursor", &attachments);
	json_write_close(out, '}');
}

/*
 * Returns a task with its related data.  mark: set to its version, may be NULL.  Raises
 * 22023 if pk is NULL, PT404.
 */
Datum
api_get_task(const pg_uuid_t *pk, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	write_task_answer(&out, &call.identity, pk, mark);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_get_task(pk uuid) returns json
 */
Datum
tc_get_task(PG_FUNCTION_ARGS)
{
	return api_get_task(ARGUMENT_UUID_OR_NULL(0), NULL);
}

/*
 * Reads the data for a change of a task: the task, or the answer of tc_get_task() with
 * the task in it, whose other parts must be unchanged.
 */
static void
read_changes(TaskInput *data, const Identity *identity, const pg_uuid_t *pk, Jsonb *task_data,
			 const TaskConditions *conditions)
{
	JsonbContainer *task = sent_back_task(task_data);
	JsonWriter		answer;

	task_input_read(data, task == NULL ? &task_data->root : task, task == NULL ? "task_data" : "task_obj",
					TASK_INPUT_UPDATE);
	data->conditions = conditions;
	if (task == NULL)
		return;
	/* Report a version conflict first: the related data has usually changed then, too. */
	if (!task_write_lock(identity, pk, data))
		argument_not_found(NOUN_TASK);
	json_write_begin(&answer);
	write_task_answer(&answer, identity, pk, NULL);
	sent_back_check(&sent_back_task_kind, task_data, json_write_end(&answer));
}

/*
 * Changes the fields of a task that were sent.  conditions: on its version, NULL for
 * none; mark: set to its version, may be NULL.  Raises 22023, 22P02, 22007, 23503, PT404,
 * PT412.
 */
Datum
api_update_task(const pg_uuid_t *pk, Jsonb *task_data, const TaskConditions *conditions, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;
	TaskInput	data;
	TaskWritten written;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	argument_require(task_data, "task_data");
	read_changes(&data, &call.identity, pk, task_data, conditions);
	if (!task_write_changes(&written, &call.identity, pk, &data))
		argument_not_found(NOUN_TASK);
	write_task_rows(&out, &call.identity, &written);
	mark_row(mark, written.rows->vals[0], written.rows->tupdesc);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_update_task(pk uuid, task_data jsonb) returns json
 */
Datum
tc_update_task(PG_FUNCTION_ARGS)
{
	return api_update_task(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1), NULL, NULL);
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
 * Raises PT404 if the task does not exist, PT403 if the caller may not delete it, before
 * anything is locked or waited for.
 */
static void
check_creator(const Identity *identity, const Datum *values)
{
	if (!plan_finds(&creator_plan, values))
		argument_not_found(NOUN_TASK);
	if (!may_delete(identity, 1))
		raise_not_deletable();
}

/*
 * Locks a task and then its dependent rows.  conditions: NULL for none.  Returns whether
 * the policy on DELETE lets the caller delete it.  Raises PT412 if the conditions do not
 * hold, PT404 if the task does not exist.
 */
static bool
lock_task_parts(const Datum *values, const TaskConditions *conditions, const Identity *identity)
{
	OwnerSwitch saved;
	bool		isnull;
	int32		version;
	bool		is_deletable;

	if (!plan_finds(&version_plan, values))
		argument_not_found(NOUN_TASK);
	version = DatumGetInt32(plan_value(0, 1, &isnull));
	task_version_check(conditions, version);
	is_deletable = may_delete(identity, 2);

	owner_enter(&saved, OWNER_BOOKKEEPING);
	for (int i = 0; i < (int) lengthof(part_lock_plans); i++)
		plan_run(&part_lock_plans[i], values, NULL, false);
	owner_leave(&saved);
	return is_deletable;
}

/*
 * Deletes a task.  conditions: on its version, NULL for none.  Raises 22023, PT403,
 * PT404, PT412.
 *
 * If neither the extension's policy on DELETE nor a trigger keeps the row, a policy that
 * an administrator added does.
 */
void
api_delete_task(const pg_uuid_t *pk, const TaskConditions *conditions)
{
	ApiCall		call;
	Datum		values[2];

	api_begin(&call);
	argument_require(pk, "pk");
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(pk);
	check_creator(&call.identity, values);
	if (!lock_task_parts(values, conditions, &call.identity))
		raise_not_deletable();
	for (int i = 0; i < (int) lengthof(parts); i++)
		delete_cascaded(&parts[i], values);
	if (!plan_finds(&delete_plan, values))
	{
		if (suppress_is_possible("task"))
			suppress_raise("task");
		raise_not_deletable();
	}
	api_end_write(&call);
}

/*
 * tc_delete_task(pk uuid) returns void
 */
Datum
tc_delete_task(PG_FUNCTION_ARGS)
{
	api_delete_task(ARGUMENT_UUID_OR_NULL(0), NULL);
	PG_RETURN_VOID();
}
