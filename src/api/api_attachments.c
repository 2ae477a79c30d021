/*
 * api_attachments.c
 *		Attachments: the operations of the API.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "base/compat.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "task/attachment.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_list_attachments);
PG_FUNCTION_INFO_V1(tc_add_task_attachment);
PG_FUNCTION_INFO_V1(tc_get_task_attachment);
PG_FUNCTION_INFO_V1(tc_delete_task_attachment);

tc_noreturn static void
invalid_encoding(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\"", "encoding"),
			 errdetail("%s", detail),
			 errhint("Valid values are base64, and bytea for the text form of the type bytea, such as \\x68656c6c6f.")));
}

/*
 * Returns whether the call is a PostgREST request, whose arguments come as JSON or text.
 */
static bool
is_postgrest(void)
{
	const char *method = GetConfigOption("request.method", true, false);

	return method != NULL && method[0] != '\0';
}

/*
 * Returns the bytes of a file.  content: the argument of type bytea; encoding: its
 * encoding, NULL if the caller does not specify it.  A JSON string becomes a bytea
 * through its text form, so base64 would be stored as the letters of the encoded text.
 * That cannot be distinguished from a file with these letters, so such a caller must
 * specify the encoding.
 */
static bytea *
decode_content(bytea *content, text *encoding)
{
	char	   *name;
	bytea	   *decoded;

	if (encoding == NULL)
	{
		if (is_postgrest())
			invalid_encoding("It is required if the content is a JSON string.");
		return content;
	}
	name = text_to_cstring(encoding);
	if (strcmp(name, "bytea") == 0)
		return content;
	if (strcmp(name, "base64") != 0)
		invalid_encoding(psprintf("There is no encoding \"%s\".", json_read_clip(name)));
	decoded = attachment_decode(VARDATA_ANY(content), (int) VARSIZE_ANY_EXHDR(content));
	if (decoded == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "content"),
				 errdetail("It is not valid base64.")));
	return decoded;
}

/*
 * tc_add_task_attachment(pk uuid, file_name text, content bytea, content_type text,
 * idempotency_key text, encoding text) returns json
 */
Datum
tc_add_task_attachment(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonWriter		out;
	pg_uuid_t  *task_id;
	NewAttachment attachment = {0};
	SentFiles	files = {.count = 1, .files = &attachment};
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(4)};

	FORWARD_CALL();
	json_write_begin(&out);
	api_begin(&call);
	task_id = argument_uuid(fcinfo, 0, "pk");
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", PG_ARGISNULL(1) ? "file_name" : "content"),
				 errdetail("It must not be null.")));
	attachment.file_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	attachment.content = decode_content(PG_GETARG_BYTEA_PP(2), ARGUMENT_TEXT_OR_NULL(5));
	if (!PG_ARGISNULL(3))
		attachment.content_type = text_to_cstring(PG_GETARG_TEXT_PP(3));
	idempotency_begin(&keyed, "tc_add_task_attachment");
	idempotency_add(&keyed, task_id, sizeof(*task_id));
	sent_files_add_to_key(&keyed, &files);
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		attachment_check(&attachment);
		if (!attachment_add(&out, &call.identity, task_id, &attachment))
			argument_not_found(NOUN_TASK);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

/*
 * Adds files to the data that identifies a call with an idempotency key.  files: may be
 * NULL.
 */
void
sent_files_add_to_key(KeyedCall *keyed, const SentFiles *files)
{
	for (int i = 0; files != NULL && i < files->count; i++)
	{
		const NewAttachment *file = &files->files[i];

		idempotency_add(keyed, file->file_name, strlen(file->file_name));
		idempotency_add(keyed, file->content_type, file->content_type == NULL ? 0 : strlen(file->content_type));
		idempotency_add_value(keyed, file->content);
	}
}

/*
 * Gets an attachment and calls use(state, file) with it.  The content is read only if
 * use() reads it, and is not valid afterwards.  Raises 22023, and PT404 also if the
 * content is missing.
 */
void
api_get_attachment(const pg_uuid_t *pk, StoredFileUse use, void *state)
{
	ApiCall		call;
	StoredFile	file;

	api_begin_where_found(&call, FOUND_ATTACHMENT, pk);
	if (!attachment_file_read(&file, &call.identity, pk))
		argument_not_found(NOUN_ATTACHMENT);
	use(state, &file);
	api_end(&call);
}

/* The result of tc_get_task_attachment(), built in memory that outlives the call. */
typedef struct FileRow
{
	MemoryContext context;
	TupleDesc	desc;
	HeapTuple	tuple;
} FileRow;

static Datum
text_datum(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
form_row(void *state, const StoredFile *file)
{
	FileRow    *row = state;
	MemoryContext old = MemoryContextSwitchTo(row->context);
	Datum		values[4];
	bool		nulls[4];

	if (file->has_content && file->size > Max(settings_max_answer_size, settings_max_attachment_size))
		json_write_raise_too_large();
	values[0] = text_datum(file->file_name, &nulls[0]);
	values[1] = text_datum(file->content_type, &nulls[1]);
	values[2] = file->content;
	nulls[2] = !file->has_content;
	values[3] = text_datum(file->url, &nulls[3]);
	row->tuple = heap_form_tuple(row->desc, values, nulls);
	MemoryContextSwitchTo(old);
}

/*
 * tc_get_task_attachment(pk uuid) returns record (file_name text, content_type
 * text, content bytea, url text)
 */
Datum
tc_get_task_attachment(PG_FUNCTION_ARGS)
{
	FileRow		row = {.context = CurrentMemoryContext};

	FORWARD_CALL_WHERE_FOUND(FOUND_ATTACHMENT, ARGUMENT_UUID_OR_NULL(0));
	if (get_call_result_type(fcinfo, NULL, &row.desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	row.desc = BlessTupleDesc(row.desc);
	api_get_attachment(ARGUMENT_UUID_OR_NULL(0), form_row, &row);
	return HeapTupleGetDatum(row.tuple);
}

/*
 * Deletes an attachment.  Raises 22023, PT403, PT404.
 */
void
api_delete_attachment(const pg_uuid_t *pk)
{
	ApiCall		call;

	api_begin_where_found(&call, FOUND_ATTACHMENT, pk);
	if (!attachment_delete(&call.identity, pk))
	{
		/* It may have been deleted since, or be newer than the snapshot. */
		if (!attachment_exists(&call.identity, pk))
			argument_not_found(NOUN_ATTACHMENT);
		ereport(ERROR,
				(errcode(ERRCODE_TC_FORBIDDEN),
				 errmsg("only the user who attached the file or an admin may delete it")));
	}
	api_end_write(&call);
}

/*
 * tc_delete_task_attachment(pk uuid) returns void
 */
Datum
tc_delete_task_attachment(PG_FUNCTION_ARGS)
{
	FORWARD_CALL_WHERE_FOUND(FOUND_ATTACHMENT, ARGUMENT_UUID_OR_NULL(0));
	api_delete_attachment(ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/*
 * Returns a page of the attachments of a task, newest first.  filters: NULL for none.
 * Raises 22023, PT404.
 */
Datum
api_list_attachments(const pg_uuid_t *pk, Jsonb *filters)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	if (!task_timeline_write_page(&out, &call.identity, pk, &attachment_timeline, filters))
		argument_not_found(NOUN_TASK);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_list_attachments(pk uuid, filters jsonb) returns json
 */
Datum
tc_list_attachments(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_attachments(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}
