/*
 * attachment.c
 *		Attachments, for clients.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "api/argument.h"
#include "api/call.h"
#include "base/error.h"
#include "db/plan.h"
#include "task/attachment.h"

PG_FUNCTION_INFO_V1(tc_add_task_attachment);
PG_FUNCTION_INFO_V1(tc_get_task_attachment);
PG_FUNCTION_INFO_V1(tc_delete_task_attachment);

/* The columns are those of the function's result. */
static KeptPlan content_plan = {
	.sql = "SELECT a.file_name, a.content_type, c.content, a.url"
	" FROM taskcrm.task_attachment a LEFT JOIN taskcrm.task_attachment_content c"
	" ON c.org_id = $1 AND c.attachment_id = a.id"
	" WHERE a.org_id = $1 AND a.id = $2",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDOID}
};

/*
 * tc_add_task_attachment(pk uuid, file_name text, content bytea, content_type text)
 * returns json
 */
Datum
tc_add_task_attachment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	pg_uuid_t  *task_id;
	NewAttachment attachment = {0};

	json_out_begin(&out);
	api_begin(&call);
	task_id = argument_uuid(fcinfo, 0, "pk");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", PG_ARGISNULL(1) ? "file_name" : "content"),
				 errdetail("It must not be null.")));
	attachment.file_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	attachment.content = PG_GETARG_BYTEA_PP(2);
	if (!PG_ARGISNULL(3))
		attachment.content_type = text_to_cstring(PG_GETARG_TEXT_PP(3));
	attachment_check(&attachment);
	if (!attachment_add(&out, &call.identity, task_id, &attachment))
		argument_not_found("task");
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_get_task_attachment(pk uuid) returns record (file_name text, content_type
 * text, content bytea, url text)
 */
Datum
tc_get_task_attachment(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	ApiCall		call;
	TupleDesc	desc;
	pg_uuid_t  *id;
	Datum		values[4];
	bool		nulls[4];
	HeapTuple	result;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);

	api_begin_where_found(&call, API_ATTACHMENT, fcinfo);
	id = PG_GETARG_UUID_P(0);
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(id);
	plan_run(&content_plan, values, NULL, true);
	if (SPI_processed == 0)
		argument_not_found("attachment");
	for (int i = 0; i < 4; i++)
		values[i] = plan_value(0, i + 1, &nulls[i]);
	/* Forming the tuple copies the values out of SPI's memory. */
	old = MemoryContextSwitchTo(context);
	result = heap_form_tuple(desc, values, nulls);
	MemoryContextSwitchTo(old);
	api_end(&call);
	return HeapTupleGetDatum(result);
}

/*
 * tc_delete_task_attachment(pk uuid) returns void
 */
Datum
tc_delete_task_attachment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *id;

	api_begin_where_found(&call, API_ATTACHMENT, fcinfo);
	id = PG_GETARG_UUID_P(0);
	if (!attachment_delete(&call.identity, id))
	{
		/* It may have gone since it was found, or be newer than the snapshot. */
		if (!attachment_exists(&call.identity, id))
			argument_not_found("attachment");
		ereport(ERROR,
				(errcode(ERRCODE_TC_FORBIDDEN),
				 errmsg("only who attached the file or an admin may delete it")));
	}
	api_end(&call);
	PG_RETURN_VOID();
}
