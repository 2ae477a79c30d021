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
#include "base/compat.h"
#include "base/error.h"
#include "db/plan.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/json.h"
#include "task/people.h"
#include "task/write.h"
#include "wire/json_in.h"

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

static KeptPlan exists_plan = {
	.sql = "SELECT FROM taskcrm.task WHERE org_id = $1 AND id = $2",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
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

/* Creates one task with its attachments and writes it. */
static void
create_one(JsonOut *out, const ApiCall *call, Jsonb *json)
{
	TaskData	data;
	TaskWritten written;

	task_data_read(&data, &json->root, "task_data", TASK_DATA_CREATE);
	task_write_new(&written, &call->identity, &data, 1, false);
	if (data.attachments != NULL)
		attachment_add_all(&call->identity, &written.ids[0], data.attachments, "task_data");
	write_rows(out, &call->identity, &written);
}

static Jsonb *
get_json(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", name),
				 errdetail("It must not be null.")));
	return PG_GETARG_JSONB_P(number);
}

/*
 * tc_create_task(task_data jsonb, idempotency_key text) returns json
 */
Datum
tc_create_task(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	Jsonb	   *json;
	Datum		key;
	Datum		answer;

	json_out_begin(&out);
	api_begin(&call);
	json = get_json(fcinfo, 0, "task_data");
	if (PG_ARGISNULL(1))
		create_one(&out, &call, json);
	else
	{
		key = argument_text(fcinfo, 1, "idempotency_key", ARGUMENT_MAX_NAME);
		if (idempotency_begin(&call.identity, key, json, &answer))
		{
			create_one(&out, &call, json);
			idempotency_end(&call.identity, key, json_out_end(&out));
		}
		else
			json_out_raw(&out, answer);
	}
	api_end(&call);
	return json_out_end(&out);
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
	count = json_in_objects(get_json(fcinfo, 0, "tasks"), "tasks", &objects);
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
 * tc_get_task(pk uuid) returns json
 */
Datum
tc_get_task(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	pg_uuid_t  *id;
	Datum		values[2];

	json_out_begin(&out);
	api_begin(&call);
	id = argument_uuid(fcinfo, 0, "pk");
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(id);
	plan_run(&get_plan, values, NULL, true);
	if (SPI_processed == 0)
		argument_not_found("task");

	json_out_open(&out, '{');
	json_out_key(&out, "task_obj");
	task_json_write(&out, &call.identity.org_id, SPI_tuptable->vals, SPI_tuptable->tupdesc, 1);
	people_write_assignees(&out, &call.identity, id);
	people_write_teams(&out, &call.identity, id);
	json_out_key(&out, "comments");
	comment_write_all(&out, &call.identity, id);
	json_out_key(&out, "attachments");
	attachment_write_all(&out, &call.identity, id);
	people_write_mentionable(&out, &call.identity);
	json_out_close(&out, '}');
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_update_task(pk uuid, task_data jsonb) returns json
 */
Datum
tc_update_task(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	TaskData	data;
	TaskWritten written;
	pg_uuid_t  *id;

	json_out_begin(&out);
	api_begin(&call);
	id = argument_uuid(fcinfo, 0, "pk");
	task_data_read(&data, &get_json(fcinfo, 1, "task_data")->root, "task_data", TASK_DATA_UPDATE);
	if (!task_write_changes(&written, &call.identity, id, &data))
		argument_not_found("task");
	write_rows(&out, &call.identity, &written);
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_delete_task(pk uuid) returns void
 *
 * The policy on DELETE lets the creator and admins through; the row of another is
 * simply not found, and looking again tells 403 from 404.
 */
Datum
tc_delete_task(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	Datum		values[2];

	api_begin(&call);
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(argument_uuid(fcinfo, 0, "pk"));
	plan_run(&delete_plan, values, NULL, false);
	if (SPI_processed == 0)
	{
		plan_run(&exists_plan, values, NULL, false);
		if (SPI_processed == 0)
			argument_not_found("task");
		ereport(ERROR,
				(errcode(ERRCODE_TC_FORBIDDEN),
				 errmsg("only the creator of the task or an admin may delete it")));
	}
	api_end(&call);
	PG_RETURN_VOID();
}
