/*
 * api_comments.c
 *		Comments: the operations of the API.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/sqlstate.h"
#include "task/attachment.h"
#include "task/comment.h"

PG_FUNCTION_INFO_V1(tc_list_comments);
PG_FUNCTION_INFO_V1(tc_add_task_comment_or_attachment);
PG_FUNCTION_INFO_V1(tc_edit_task_comment);
PG_FUNCTION_INFO_V1(tc_delete_task_comment);

/*
 * Raises the error for a comment that the policies did not let the caller change.
 * message: of PT403.
 */
tc_noreturn static void
raise_refused(const ApiCall *call, const pg_uuid_t *id, const char *message)
{
	/* It may have been deleted since, or be newer than the snapshot. */
	if (!comment_exists(&call->identity, id))
		argument_not_found(NOUN_COMMENT);
	ereport(ERROR,
			(errcode(ERRCODE_TC_FORBIDDEN),
			 errmsg("%s", message)));
}

/*
 * Adds the attachment, sent as JSON or as a file.  Returns false if the task does not
 * exist.
 */
static bool
add_attachment(JsonWriter *out, const ApiCall *call, const pg_uuid_t *task_id, Jsonb *json,
			   const SentFiles *files)
{
	NewAttachment attachment;

	if (json != NULL)
		attachment_read(&attachment, &json->root, "attachment");
	else
	{
		attachment = files->files[0];
		attachment_check(&attachment);
	}
	return attachment_add(out, &call->identity, task_id, &attachment);
}

/* Adds a comment, an attachment or both to a task, and writes them. */
static void
add_comment_or_attachment(JsonWriter *out, const ApiCall *call, const pg_uuid_t *pk, text *comment,
						  Jsonb *attachment, const SentFiles *files)
{
	bool		found = true;

	json_write_open(out, '{');
	json_write_key(out, "comment");
	if (comment == NULL)
		json_write_null(out);
	else
		found = comment_add(out, &call->identity, pk,
							argument_check_text(comment, "comment", COMMENT_MAX_LENGTH));
	json_write_key(out, "attachment");
	if (attachment == NULL && files->count == 0)
		json_write_null(out);
	else if (found)
		found = add_attachment(out, call, pk, attachment, files);
	if (!found)
		argument_not_found(NOUN_TASK);
	json_write_close(out, '}');
}

/*
 * Adds a comment, an attachment or both to a task.  The attachment is either JSON or one
 * file; keyed: zero except for its key.  Raises 22023, PT404, PT413, PT422.
 */
Datum
api_add_comment_or_attachment(const pg_uuid_t *pk, text *comment, Jsonb *attachment,
							  const SentFiles *files, KeyedCall *keyed)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	if (comment == NULL && attachment == NULL && files->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a comment or an attachment is required")));

	idempotency_begin(keyed, "tc_add_task_comment_or_attachment");
	idempotency_add(keyed, pk, sizeof(*pk));
	idempotency_add_value(keyed, comment);
	idempotency_add_value(keyed, attachment);
	sent_files_add_to_key(keyed, files);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		add_comment_or_attachment(&out, &call, pk, comment, attachment, files);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_add_task_comment_or_attachment(pk uuid, comment text, attachment jsonb,
 * idempotency_key text) returns json
 */
Datum
tc_add_task_comment_or_attachment(PG_FUNCTION_ARGS)
{
	const SentFiles no_files = {0};
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(3)};

	FORWARD_CALL();
	return api_add_comment_or_attachment(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1),
										 ARGUMENT_JSONB_OR_NULL(2), &no_files, &keyed);
}

/* Checks that a comment is sent back as it was read, except for its text. */
static void
check_sent_back(const ApiCall *call, const pg_uuid_t *pk, Jsonb *sent)
{
	JsonWriter		present;

	json_write_begin(&present);
	if (!comment_lock(&present, &call->identity, pk))
		raise_refused(call, pk, "only the author of the comment or an admin may edit it");
	sent_back_check(&sent_back_comment_kind, sent, json_write_end(&present));
}

/*
 * Changes the text of a comment.  sent_back: the comment as it was read, in which only
 * the text may differ; NULL if only the text was sent.  Raises 22023, PT403, PT404.
 */
Datum
api_edit_comment(const pg_uuid_t *pk, text *comment, Jsonb *sent_back)
{
	Datum		checked;
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin_where_found(&call, FOUND_COMMENT, pk);
	checked = argument_check_text(comment, "comment", COMMENT_MAX_LENGTH);
	if (sent_back != NULL)
		check_sent_back(&call, pk, sent_back);
	if (!comment_edit(&out, &call.identity, pk, checked))
		raise_refused(&call, pk, "only the author of the comment or an admin may edit it");
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_edit_task_comment(pk uuid, comment text) returns json
 */
Datum
tc_edit_task_comment(PG_FUNCTION_ARGS)
{
	FORWARD_CALL_WHERE_FOUND(FOUND_COMMENT, ARGUMENT_UUID_OR_NULL(0));
	return api_edit_comment(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1), NULL);
}

/*
 * Deletes a comment.  Raises 22023, PT403, PT404.
 */
void
api_delete_comment(const pg_uuid_t *pk)
{
	ApiCall		call;

	api_begin_where_found(&call, FOUND_COMMENT, pk);
	if (!comment_delete(&call.identity, pk))
		raise_refused(&call, pk, "only the author of the comment or an admin may delete it");
	api_end_write(&call);
}

/*
 * tc_delete_task_comment(pk uuid) returns void
 */
Datum
tc_delete_task_comment(PG_FUNCTION_ARGS)
{
	FORWARD_CALL_WHERE_FOUND(FOUND_COMMENT, ARGUMENT_UUID_OR_NULL(0));
	api_delete_comment(ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/*
 * Returns a page of the comments of a task, newest first.  filters: NULL for none.
 * Raises 22023, PT404.
 */
Datum
api_list_comments(const pg_uuid_t *pk, Jsonb *filters)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	if (!task_timeline_write_page(&out, &call.identity, pk, &comment_timeline, filters))
		argument_not_found(NOUN_TASK);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_list_comments(pk uuid, filters jsonb) returns json
 */
Datum
tc_list_comments(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_comments(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}
