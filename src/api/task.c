/*
 * task.c
 *		Creating, getting, updating and deleting tasks.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "api/argument.h"
#include "api/call.h"
#include "api/idempotency.h"
#include "api/operation.h"
#include "base/compat.h"
#include "base/error.h"
#include "db/plan.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/json.h"
#include "task/people.h"
#include "task/write.h"
#include "wire/json_in.h"
#include "wire/json_member.h"

PG_FUNCTION_INFO_V1(tc_create_task);
PG_FUNCTION_INFO_V1(tc_create_tasks);
PG_FUNCTION_INFO_V1(tc_get_task);
PG_FUNCTION_INFO_V1(tc_update_task);
PG_FUNCTION_INFO_V1(tc_delete_task);

static void build_get(KeptPlan *plan, StringInfo sql);

static KeptPlan get_plan = {.mode = OWNER_TENANT, .build = build_get};

static KeptPlan delete_plan = {
	.sql = "DELETE FROM taskcrm.task WHERE org_id = $1 AND id = $2",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

static KeptPlan version_plan = {
	.sql = "SELECT version FROM taskcrm.task WHERE org_id = $1 AND id = $2 FOR UPDATE",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

/*
 * What goes with a task, in the order in which the removal of a member takes it away:
 * links first, then mentions, those in the order of their keys.  The cascades would come
 * to mentions in whatever order the comments stand in.  In OWNER_BOOKKEEPING, as they
 * are, because locking asks for the policies on UPDATE, which leave out the comments of
 * others.
 */
#define PARTS(table) \
	"SELECT pg_catalog.count(*) FROM (SELECT FROM taskcrm." table \
	" WHERE org_id = $1 AND task_id = $2 FOR UPDATE) p"

static KeptPlan hold_plans[] = {
	{
		.sql = PARTS("task_contact") " UNION ALL " PARTS("task_assignee")
		" UNION ALL " PARTS("task_team") " UNION ALL " PARTS("task_comment"),
		.mode = OWNER_BOOKKEEPING,
		.nargs = 2,
		.argtypes = {UUIDOID, UUIDOID}
	},
	{
		.sql = "SELECT FROM taskcrm.task_comment c JOIN taskcrm.task_mention m ON m.org_id = $1 AND m.comment_id = c.id"
		" WHERE c.org_id = $1 AND c.task_id = $2 ORDER BY m.comment_id, m.user_id FOR UPDATE OF m",
		.mode = OWNER_BOOKKEEPING,
		.nargs = 2,
		.argtypes = {UUIDOID, UUIDOID}
	}
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

/* Writes the tasks that were written, in the order of their ids. */
static void
write_rows(JsonOut *out, const Identity *identity, const TaskWritten *written)
{
	for (uint64 row = 0; row < written->rows->numvals; row++)
		task_json_write_one(out, &identity->org_id, written->rows->vals[row],
							written->rows->tupdesc, &written->links);
}

/* Notes which task a row is.  desc: of task_field_select_list(); mark: may be NULL. */
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
create_one(JsonOut *out, const ApiCall *call, Jsonb *json, const SentFiles *files, TaskMark *mark)
{
	TaskData	data;
	TaskWritten written;

	task_data_read(&data, &json->root, "task_data", TASK_DATA_CREATE);
	task_write_new(&written, &call->identity, &data, 1, false);
	if (data.attachments != NULL)
		attachment_add_all(&call->identity, &written.ids[0], data.attachments, "task_data");
	if (files != NULL)
		attachment_add_files(&call->identity, &written.ids[0], files->files, files->count);
	write_rows(out, &call->identity, &written);
	mark_row(mark, written.rows->vals[0], written.rows->tupdesc);
}

/* What was sent, as the bytes that a request with an idempotency key is known by. */
static Datum
request_bytes(Jsonb *json, const SentFiles *files)
{
	StringInfoData bytes;

	/* jsonb is the same bytes for the same content, whatever the spacing was. */
	if (files == NULL || files->count == 0)
		return PointerGetDatum(json);
	initStringInfo(&bytes);
	appendBinaryStringInfo(&bytes, (char *) json, VARSIZE(json));
	for (int i = 0; i < files->count; i++)
	{
		const NewAttachment *file = &files->files[i];

		appendStringInfo(&bytes, "%s%c%s%c", file->file_name, '\0', file->content_type, '\0');
		appendBinaryStringInfo(&bytes, (char *) file->content, VARSIZE(file->content));
	}
	SET_VARSIZE(bytes.data, bytes.len);
	return PointerGetDatum(bytes.data);
}

/* Writes an answer that was kept; the task may have another version by now. */
static void
write_again(JsonOut *out, Datum answer, TaskMark *mark)
{
	char	   *id;

	json_out_raw(out, answer);
	if (mark == NULL)
		return;
	mark->version = 0;
	if (json_member_string(TextDatumGetCString(answer), "id", &id) != JSON_MEMBER_FOUND ||
		!tc_uuid_parse(id, &mark->id))
		elog(ERROR, "stored answer is not a task");
}

static Jsonb *
require_json(Jsonb *json, const char *name)
{
	argument_require(json, name);
	return json;
}

/*
 * Creates a task with its links and files.  idempotency_key: NULL for none; files:
 * beside those in task_data, may be NULL; mark: gets which task it is, may be NULL.
 * Raises 22023, 22P02, 22007, 23503, PT413, and PT422 for a key that was used for other
 * data.
 */
Datum
api_create_task(Jsonb *task_data, text *idempotency_key, const SentFiles *files, TaskMark *mark)
{
	ApiCall		call;
	JsonOut		out;
	Datum		key;
	Datum		answer;

	json_out_begin(&out);
	api_begin(&call);
	argument_require(task_data, "task_data");
	if (idempotency_key == NULL)
		create_one(&out, &call, task_data, files, mark);
	else
	{
		key = argument_check_text(idempotency_key, "idempotency_key", ARGUMENT_MAX_NAME);
		if (idempotency_begin(&call.identity, key, request_bytes(task_data, files), &answer))
		{
			create_one(&out, &call, task_data, files, mark);
			idempotency_end(&call.identity, key, json_out_end(&out));
		}
		else
			write_again(&out, answer, mark);
	}
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_create_task(task_data jsonb, idempotency_key text) returns json
 */
Datum
tc_create_task(PG_FUNCTION_ARGS)
{
	return api_create_task(ARGUMENT_JSONB_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1), NULL, NULL);
}

/*
 * tc_create_tasks(tasks jsonb) returns json
 */
Datum
tc_create_tasks(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	JsonbContainer **objects;
	TaskData   *data;
	TaskWritten written;
	int			count;

	json_out_begin(&out);
	api_begin(&call);
	count = json_in_objects(require_json(ARGUMENT_JSONB_OR_NULL(0), "tasks"), "tasks", &objects);
	data = palloc_extended(sizeof(TaskData) * Max(count, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
		task_data_read(&data[i], objects[i], psprintf("tasks[%d]", i), TASK_DATA_CREATE);

	json_out_open(&out, '[');
	if (count > 0)
	{
		task_write_new(&written, &call.identity, data, count, true);
		for (int i = 0; i < count; i++)
		{
			if (data[i].attachments != NULL)
				attachment_add_all(&call.identity, &written.ids[i], data[i].attachments,
								   psprintf("tasks[%d]", i));
		}
		write_rows(&out, &call.identity, &written);
	}
	json_out_close(&out, ']');
	api_end(&call);
	return json_out_end(&out);
}

/*
 * A task with what is around it.  mark: gets its version, may be NULL.  Raises 22023
 * when pk is NULL, PT404.
 */
Datum
api_get_task(const pg_uuid_t *pk, TaskMark *mark)
{
	ApiCall		call;
	JsonOut		out;
	Datum		values[2];

	json_out_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(pk);
	plan_run(&get_plan, values, NULL, true);
	if (SPI_processed == 0)
		argument_not_found("task");
	mark_row(mark, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);

	json_out_open(&out, '{');
	json_out_key(&out, "task_obj");
	task_json_write(&out, &call.identity.org_id, SPI_tuptable->vals, SPI_tuptable->tupdesc, 1);
	people_write_assignees(&out, &call.identity, pk);
	people_write_teams(&out, &call.identity, pk);
	json_out_key(&out, "comments");
	comment_write_all(&out, &call.identity, pk);
	json_out_key(&out, "attachments");
	attachment_write_all(&out, &call.identity, pk);
	people_write_mentionable(&out, &call.identity);
	json_out_close(&out, '}');
	api_end(&call);
	return json_out_end(&out);
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
 * Changes what is sent of a task.  versions: that it may have, NULL for any; mark: gets
 * its version, may be NULL.  Raises 22023, 22P02, 22007, 23503, PT404, PT412.
 */
Datum
api_update_task(const pg_uuid_t *pk, Jsonb *task_data, const TaskVersions *versions, TaskMark *mark)
{
	ApiCall		call;
	JsonOut		out;
	TaskData	data;
	TaskWritten written;

	json_out_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	argument_require(task_data, "task_data");
	task_data_read(&data, &task_data->root, "task_data", TASK_DATA_UPDATE);
	data.versions = versions;
	if (!task_write_changes(&written, &call.identity, pk, &data))
		argument_not_found("task");
	write_rows(&out, &call.identity, &written);
	mark_row(mark, written.rows->vals[0], written.rows->tupdesc);
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_update_task(pk uuid, task_data jsonb) returns json
 */
Datum
tc_update_task(PG_FUNCTION_ARGS)
{
	return api_update_task(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1), NULL, NULL);
}

/*
 * Locks a task and then what goes with it.  versions: NULL for any.  Raises PT412 for a
 * task with another version than those, PT404 for none.
 */
static void
hold(const Datum *values, const TaskVersions *versions)
{
	OwnerSwitch saved;
	bool		isnull;
	int32		version;

	if (!plan_finds(&version_plan, values))
		argument_not_found("task");
	version = DatumGetInt32(plan_value(0, 1, &isnull));
	if (versions != NULL && !version_is_among(versions, version))
		version_refuse("the task has another version", version);

	owner_enter(&saved, OWNER_BOOKKEEPING);
	for (int i = 0; i < (int) lengthof(hold_plans); i++)
		plan_run(&hold_plans[i], values, NULL, false);
	owner_leave(&saved);
}

/*
 * Deletes a task.  versions: that it may have, NULL for any.  Raises 22023, PT403,
 * PT404, PT412.
 *
 * The policy on DELETE lets the creator and admins through; for others the row that was
 * just locked is not there.
 */
void
api_delete_task(const pg_uuid_t *pk, const TaskVersions *versions)
{
	ApiCall		call;
	Datum		values[2];

	api_begin(&call);
	argument_require(pk, "pk");
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(pk);
	hold(values, versions);
	if (!plan_finds(&delete_plan, values))
		ereport(ERROR,
				(errcode(ERRCODE_TC_FORBIDDEN),
				 errmsg("only the creator of the task or an admin may delete it")));
	api_end(&call);
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
