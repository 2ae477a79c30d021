/*
 * comment.c
 *		Comments, for clients.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/argument.h"
#include "api/call.h"
#include "base/error.h"
#include "task/attachment.h"
#include "task/comment.h"

PG_FUNCTION_INFO_V1(tc_add_task_comment_or_attachment);
PG_FUNCTION_INFO_V1(tc_edit_task_comment);
PG_FUNCTION_INFO_V1(tc_delete_task_comment);

/* Raises for a comment that the policies did not let the caller change. */
static void
raise_refused(const ApiCall *call, const pg_uuid_t *id, const char *what)
{
	/* It may have gone since it was found, or be newer than the snapshot. */
	if (!comment_exists(&call->identity, id))
		argument_not_found("comment");
	ereport(ERROR,
			(errcode(ERRCODE_TC_FORBIDDEN),
			 errmsg("only the author of the comment or an admin may %s it", what)));
}

/*
 * tc_add_task_comment_or_attachment(pk uuid, comment text, attachment jsonb)
 * returns json
 */
Datum
tc_add_task_comment_or_attachment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	pg_uuid_t  *task_id;
	bool		found = true;

	json_out_begin(&out);
	api_begin(&call);
	task_id = argument_uuid(fcinfo, 0, "pk");
	if (PG_ARGISNULL(1) && PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is neither a comment nor an attachment to add")));

	json_out_open(&out, '{');
	json_out_key(&out, "comment");
	if (PG_ARGISNULL(1))
		json_out_null(&out);
	else
		found = comment_add(&out, &call.identity, task_id,
							argument_text(fcinfo, 1, "comment", COMMENT_MAX_LENGTH));
	json_out_key(&out, "attachment");
	if (PG_ARGISNULL(2))
		json_out_null(&out);
	else if (found)
	{
		NewAttachment attachment;

		attachment_read(&attachment, &PG_GETARG_JSONB_P(2)->root, "attachment");
		found = attachment_add(&out, &call.identity, task_id, &attachment);
	}
	if (!found)
		argument_not_found("task");
	json_out_close(&out, '}');
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_edit_task_comment(pk uuid, comment text) returns json
 */
Datum
tc_edit_task_comment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonOut		out;
	pg_uuid_t  *id;

	json_out_begin(&out);
	api_begin_where_found(&call, API_COMMENT, fcinfo);
	id = PG_GETARG_UUID_P(0);
	if (!comment_edit(&out, &call.identity, id,
					  argument_text(fcinfo, 1, "comment", COMMENT_MAX_LENGTH)))
		raise_refused(&call, id, "edit");
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_delete_task_comment(pk uuid) returns void
 */
Datum
tc_delete_task_comment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *id;

	api_begin_where_found(&call, API_COMMENT, fcinfo);
	id = PG_GETARG_UUID_P(0);
	if (!comment_delete(&call.identity, id))
		raise_refused(&call, id, "delete");
	api_end(&call);
	PG_RETURN_VOID();
}
