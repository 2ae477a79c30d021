/*
 * api_tasks.c
 *		Creates, reads, updates and deletes tasks: the operations of the API.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/compat.h"
#include "base/sqlstate.h"
#include "task/attachment.h"
#include "task/task_answer.h"
#include "task/task_delete.h"
#include "task/task_expand.h"
#include "task/task_json.h"
#include "task/task_write.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_create_task);
PG_FUNCTION_INFO_V1(tc_create_tasks);
PG_FUNCTION_INFO_V1(tc_get_task);
PG_FUNCTION_INFO_V1(tc_update_task);
PG_FUNCTION_INFO_V1(tc_assign);
PG_FUNCTION_INFO_V1(tc_unassign);
PG_FUNCTION_INFO_V1(tc_delete_task);

/*
 * Writes the tasks that were created or changed, in the order of the data.  expand: a bit
 * for each ExpandKind.
 */
static void
write_task_rows(JsonWriter *out, const Identity *identity, const TaskWritten *written, uint32 expand)
{
	TaskExpanded expanded = {.kinds = expand};

	task_expand_fetch(&expanded, &identity->org_id, written->rows->vals, written->rows->tupdesc,
					  written->rows->numvals, &written->links, false);
	for (uint64 row = 0; row < written->rows->numvals; row++)
		task_json_write_one(out, &identity->org_id, task_write_row(written, row),
							written->rows->tupdesc, &written->links, &expanded);
}

/* Creates one task with its attachments and writes it. */
static void
create_one(JsonWriter *out, const ApiCall *call, Jsonb *json, const SentFiles *files, uint32 expand, TaskMark *mark)
{
	TaskInput	data;
	TaskWritten written;

	task_input_read(&data, &json->root, "task_data", TASK_INPUT_CREATE);
	task_write_new(&written, &call->identity, &data, 1, false);
	if (data.attachments != NULL)
		attachment_add_all(&call->identity, &written.ids[0], data.attachments, "task_data");
	if (files != NULL)
		attachment_add_files(&call->identity, &written.ids[0], files->files, files->count);
	write_task_rows(out, &call->identity, &written, expand);
	task_version_mark(mark, written.rows->vals[0], written.rows->tupdesc);
}

/* Adds the request to the data that identifies a call with an idempotency key. */
static void
add_to_key(KeyedCall *keyed, Jsonb *json, const SentFiles *files)
{
	/* jsonb has the same bytes for the same content, whatever its formatting was. */
	idempotency_add_value(keyed, json);
	sent_files_add_to_key(keyed, files);
}

/* The answer depends on it. */
static void
add_expand_to_key(KeyedCall *keyed, text *expand)
{
	if (expand != NULL)
		idempotency_add_value(keyed, expand);
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
				 errmsg("the stored answer for the idempotency key is not a task"),
				 errhint("Use a new idempotency key.")));
	/* cppcheck-suppress nullPointerRedundantCheck */
	mark->version = DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(version->val.numeric)));
}

/*
 * Creates a task with its links and files.  expand: what the answer shows as objects, or
 * NULL; keyed: zero except for its key; files: in addition to those in task_data, may be NULL; mark: set to the task, may be NULL.
 * Raises 22023, 22P02, 22007, 23503, PT409, PT413, and PT422 for a key that was used with other
 * data.
 */
Datum
api_create_task(Jsonb *task_data, text *expand, KeyedCall *keyed, const SentFiles *files, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;
	uint32		kinds;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(task_data, "task_data");
	kinds = task_expand_argument(expand);
	idempotency_begin(keyed, "tc_create_task");
	add_to_key(keyed, task_data, files);
	add_expand_to_key(keyed, expand);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		create_one(&out, &call, task_data, files, kinds, mark);
		idempotency_keep(keyed, &call.identity, &out);
	}
	else if (mark != NULL)
		mark_kept(mark, json_write_end(&out));
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_create_task(task_data jsonb, idempotency_key text, expand text) returns json
 */
Datum
tc_create_task(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};

	FORWARD_CALL();
	return api_create_task(ARGUMENT_JSONB_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(2), &keyed, NULL, NULL);
}

/* Creates tasks and writes them.  objects: the data of each task. */
static void
create_many(JsonWriter *out, const ApiCall *call, JsonbContainer **objects, int count, uint32 expand)
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
		write_task_rows(out, &call->identity, &written, expand);
	}
	json_write_close(out, ']');
}

/*
 * tc_create_tasks(tasks jsonb, idempotency_key text, expand text) returns json
 */
Datum
tc_create_tasks(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};
	Jsonb	   *tasks = ARGUMENT_JSONB_OR_NULL(0);
	text	   *expand = ARGUMENT_TEXT_OR_NULL(2);
	ApiCall		call;
	JsonWriter		out;
	JsonbContainer **objects;
	uint32		kinds;
	int			count;

	FORWARD_CALL();
	json_write_begin(&out);
	api_begin(&call);
	argument_require(tasks, "tasks");
	count = json_read_objects(tasks, "tasks", &objects);
	kinds = task_expand_argument(expand);
	idempotency_begin(&keyed, "tc_create_tasks");
	idempotency_add_value(&keyed, tasks);
	add_expand_to_key(&keyed, expand);
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		create_many(&out, &call, objects, count, kinds);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

/*
 * Returns a task with its related data.  expand: what is shown as objects, or NULL; mark: set to its version, may be NULL.  Raises
 * 22023 if pk is NULL, PT404.
 */
Datum
api_get_task(const pg_uuid_t *pk, text *expand, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	if (!task_answer_write(&out, &call.identity, pk, task_expand_argument(expand), mark))
		argument_not_found(NOUN_TASK);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_get_task(pk uuid, expand text) returns json
 */
Datum
tc_get_task(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_task(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1), NULL);
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
	if (!task_answer_write(&answer, identity, pk, 0, NULL))
		argument_not_found(NOUN_TASK);
	sent_back_check(&sent_back_task_kind, task_data, json_write_end(&answer));
}

/* Changes a task and writes it.  out: NULL not to write it; mark: set to its version, may be NULL. */
static void
change_one(JsonWriter *out, const ApiCall *call, const pg_uuid_t *pk, const TaskInput *data, uint32 expand,
		   TaskMark *mark)
{
	TaskWritten written;

	if (!task_write_changes(&written, &call->identity, pk, data))
		argument_not_found(NOUN_TASK);
	if (out != NULL)
		write_task_rows(out, &call->identity, &written, expand);
	task_version_mark(mark, written.rows->vals[0], written.rows->tupdesc);
}

/*
 * Changes the fields of a task that were sent.  expand: what the answer shows as objects, or
 * NULL; conditions: on its version, NULL for
 * none; answers: whether to write the task, otherwise the result is not a value; mark: set to its
 * version, may be NULL.  Raises 22023, 22P02, 22007, 23503, PT404,
 * PT412.
 */
Datum
api_update_task(const pg_uuid_t *pk, Jsonb *task_data, text *expand, const TaskConditions *conditions,
				bool answers, TaskMark *mark)
{
	ApiCall		call;
	JsonWriter		out;
	TaskInput	data;
	uint32		kinds;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	argument_require(task_data, "task_data");
	kinds = task_expand_argument(expand);
	read_changes(&data, &call.identity, pk, task_data, conditions);
	change_one(answers ? &out : NULL, &call, pk, &data, kinds, mark);
	api_end_write(&call);
	return answers ? json_write_end(&out) : (Datum) 0;
}

/*
 * tc_update_task(pk uuid, task_data jsonb, expand text) returns json
 */
Datum
tc_update_task(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_task(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1), ARGUMENT_TEXT_OR_NULL(2), NULL, true,
						   NULL);
}

/*
 * Adds users to the assignees of a task, or removes them.  Raises 22023, 23503 for a user
 * to add who is not an active member, PT404.
 */
static Datum
change_assignees(const pg_uuid_t *pk, ArrayType *users, bool is_removal)
{
	int			kind = task_links_kind(TASK_ASSIGNED_TO);
	ApiCall		call;
	JsonWriter		out;
	TaskInput	data = {.argument = "users"};
	pg_uuid_t  *ids;
	int			count;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	count = argument_uuids(users, "users", JSON_IN_MAX_ELEMENTS, &ids);
	data.sent[TASK_ASSIGNED_TO] = true;
	data.is_partial[kind] = true;
	id_set_make(is_removal ? &data.removed[kind] : &data.links[kind], ids, count);
	change_one(&out, &call, pk, &data, 0, NULL);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_assign(pk uuid, users uuid[]) returns json
 */
Datum
tc_assign(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return change_assignees(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_ARRAY_OR_NULL(1), false);
}

/*
 * tc_unassign(pk uuid, users uuid[]) returns json
 */
Datum
tc_unassign(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return change_assignees(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_ARRAY_OR_NULL(1), true);
}

/*
 * Deletes a task.  conditions: on its version, NULL for none.  Raises 22023, PT403,
 * PT404, PT412.
 */
void
api_delete_task(const pg_uuid_t *pk, const TaskConditions *conditions)
{
	ApiCall		call;

	api_begin(&call);
	argument_require(pk, "pk");
	if (!task_delete(&call.identity, pk, conditions))
		argument_not_found(NOUN_TASK);
	api_end_write(&call);
}

/*
 * tc_delete_task(pk uuid) returns void
 */
Datum
tc_delete_task(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_task(ARGUMENT_UUID_OR_NULL(0), NULL);
	PG_RETURN_VOID();
}
