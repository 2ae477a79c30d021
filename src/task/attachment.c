/*
 * attachment.c
 *		Files attached to tasks.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/base64.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "db/row.h"
#include "db/suppressed_row.h"
#include "task/attachment.h"
#include "task/task_refs.h"
#include "wire/file_name.h"
#include "wire/json_read.h"
#include "wire/media_type.h"
#include "wire/uri.h"

/* More files than this in one call are an error. */
#define MAX_ATTACHMENTS 20

#define ATTACHMENT_COLUMNS \
	"a.id, a.url, a.task_id, a.file_name, a.content_type, a.size," \
	" pg_catalog.encode(a.sha256, 'hex'), a.created_on, a.created_by"

/*
 * A stored file whose content is missing, as after a partial restore.  Not EXISTS, which
 * the planner may answer by reading the keys of all content.
 */
#define CONTENT_MISSING \
	"a.url IS NULL AND (SELECT c.attachment_id FROM taskcrm.task_attachment_content c" \
	" WHERE c.org_id = $1 AND c.attachment_id = a.id) IS NULL"

#define ATTACHMENT_LIST \
	"SELECT " ATTACHMENT_COLUMNS ", " CONTENT_MISSING " FROM taskcrm.task_attachment a" \
	" WHERE a.org_id = $1 AND a.task_id = $2"

#define NEWEST_FIRST " ORDER BY a.created_on DESC, a.id DESC LIMIT $3"

static void write_attachment_row(JsonWriter *out, uint64 row);

Timeline	attachment_timeline = {
	.path = "attachments/",
	.time_column = 8,
	.newest = TENANT_PLAN(
		ATTACHMENT_LIST NEWEST_FIRST " OFFSET $4",
		4, UUIDOID, UUIDOID, INT8OID, INT8OID),
	.after = TENANT_PLAN(
		ATTACHMENT_LIST " AND (a.created_on, a.id) < ($4, $5)" NEWEST_FIRST,
		5, UUIDOID, UUIDOID, INT8OID, TIMESTAMPTZOID, UUIDOID),
	.count = TENANT_PLAN(
		"SELECT pg_catalog.count(*) FROM taskcrm.task_attachment a WHERE a.org_id = $1 AND a.task_id = $2",
		2, UUIDOID, UUIDOID),
	.chosen = TENANT_PLAN(
		"SELECT " ATTACHMENT_COLUMNS ", " CONTENT_MISSING " FROM taskcrm.task_attachment a"
		" WHERE a.org_id = $1 AND a.id = ANY ($2) ORDER BY a.id",
		2, UUIDOID, UUIDARRAYOID),
	.write = write_attachment_row
};

/*
 * $2 task, $3 id, $4 author, $5 now, $6 file name, $7 content type, $8 URL, $9 content.
 * Returns no row if the task does not exist or is being deleted.
 */
static KeptPlan insert_plan = TENANT_PLAN(
	"WITH a AS (INSERT INTO taskcrm.task_attachment AS a"
	" (org_id, id, task_id, file_name, content_type, size, sha256, url, created_on, created_by)"
	" SELECT $1, $3, t.id, $6, $7, pg_catalog.octet_length($9), pg_catalog.sha256($9), $8, $5, $4"
	" FROM (SELECT t.id FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = $2 FOR KEY SHARE) t"
	" RETURNING a.*),"
	" c AS (INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)"
	" SELECT $1, a.id, $9 FROM a WHERE $9 IS NOT NULL)"
	" SELECT " ATTACHMENT_COLUMNS ", false FROM a",
	9, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, BYTEAOID);

static CascadePart content_part = CASCADE_PART("task_attachment_content", "attachment_id = $2");

/* The policies on UPDATE apply; they are the same as those on DELETE. */
static KeptPlan lock_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.task_attachment WHERE org_id = $1 AND id = $2 FOR UPDATE",
	2, UUIDOID, UUIDOID);

static KeptPlan has_content_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.task_attachment_content WHERE org_id = $1 AND attachment_id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan exists_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.task_attachment WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan delete_plan = TENANT_PLAN(
	"DELETE FROM taskcrm.task_attachment WHERE org_id = $1 AND id = $2",
	2, UUIDOID, UUIDOID);

/* Raises PT413. */
void
attachment_raise_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_TOO_LARGE),
			 errmsg("the attachment is too large"),
			 errdetail("The maximum size is %d bytes.", settings_max_attachment_size)));
}

/*
 * Cleans the name and checks the type and size of a file to attach.  Raises 22023, or
 * PT413 if it is larger than taskcrm.max_attachment_size.
 */
void
attachment_check(NewAttachment *attachment)
{
	attachment->file_name = file_name_clean(attachment->file_name);
	if (attachment->content == NULL)
		return;
	if (VARSIZE_ANY_EXHDR(attachment->content) > (size_t) settings_max_attachment_size)
		attachment_raise_too_large();
	if (attachment->content_type == NULL || attachment->content_type[0] == '\0')
		attachment->content_type = pstrdup(MEDIA_TYPE_OF_BYTES);
	if (!media_type_is_valid(attachment->content_type))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid content type \"%s\"", json_read_clip(attachment->content_type)),
				 errhint("Write a type and a subtype, such as image/png.")));
}

/*
 * Copies a text without line breaks and other white space, which MIME (RFC 2045) inserts
 * into base64.  to: if NULL, only counts.  Returns the length.
 */
static int
without_space(const char *text, int length, char *to)
{
	int			count = 0;

	for (int i = 0; i < length; i++)
	{
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')
			continue;
		if (to != NULL)
			to[count] = text[i];
		count++;
	}
	return count;
}

/*
 * Decodes the bytes of a file from base64; returns NULL if the text is not base64.  text:
 * length bytes.  Raises PT413 before it allocates memory for a file that is too large.
 */
bytea *
attachment_decode(const char *text, int length)
{
	const char *source = text;
	int			solid = without_space(text, length, NULL);
	int			decoded;
	bytea	   *content;

	if (solid / 4 * INT64CONST(3) > (int64) settings_max_attachment_size + 3)
		attachment_raise_too_large();
	if (solid < length)
	{
		char	   *copy = palloc(solid + 1);

		(void) without_space(text, length, copy);
		source = copy;
	}
	content = palloc(VARHDRSZ + pg_b64_dec_len(solid));
	decoded = tc_b64_decode(source, solid, VARDATA(content), pg_b64_dec_len(solid));
	if (decoded < 0)
		return NULL;
	SET_VARSIZE(content, VARHDRSZ + decoded);
	return content;
}

static bytea *
decode_base64(const JsonReadKey *key, const JsonbValue *value)
{
	bytea	   *content;

	if (value->type != jbvString)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected a base64 string.", NULL);
	content = attachment_decode(value->val.string.val, value->val.string.len);
	if (content == NULL)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not valid base64.", NULL);
	return content;
}

typedef struct AttachmentReader
{
	NewAttachment *attachment;
	const char *object;
} AttachmentReader;

static void
read_attachment_member(void *state, const char *name, const JsonbValue *value)
{
	AttachmentReader *reader = state;
	NewAttachment *attachment = reader->attachment;
	JsonReadKey	key = {.object = reader->object, .key = name};
	bool		is_null = value->type == jbvNull;

	if (strcmp(name, "file_name") == 0)
		attachment->file_name = is_null ? NULL : json_read_string(&key, value);
	else if (strcmp(name, "content_type") == 0)
		attachment->content_type = is_null ? NULL : json_read_string(&key, value);
	else if (strcmp(name, "url") == 0)
		attachment->url = is_null ? NULL : json_read_string(&key, value);
	else if (strcmp(name, "content") == 0)
		attachment->content = is_null ? NULL : decode_base64(&key, value);
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_read_clip(name), reader->object),
				 errhint("Valid keys are file_name, content_type, content and url.")));
}

/*
 * Reads an attachment from {"file_name", "content_type", "content"} or {"file_name",
 * "url"}.  object: its name in messages.  Raises 22023, PT413.
 */
void
attachment_read(NewAttachment *attachment, JsonbContainer *json, const char *object)
{
	AttachmentReader reader = {.attachment = attachment, .object = object};
	JsonReadKey	key = {.object = object};

	memset(attachment, 0, sizeof(*attachment));
	json_read_object(json, object, read_attachment_member, &reader);
	if ((attachment->content == NULL) == (attachment->url == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have either content or a url", object)));
	if (attachment->file_name == NULL)
	{
		key.key = "file_name";
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It is required.", NULL);
	}
	if (attachment->url != NULL && !url_is_valid(attachment->url))
	{
		key.key = "url";
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("Expected an http or https URL of at most %d characters.", URL_MAX_LENGTH), NULL);
	}
	attachment_check(attachment);
}

/* The path that attachments are served under. */
static char *
path_of(const pg_uuid_t *id)
{
	char		text_id[TC_UUID_TEXT_LEN + 1];

	tc_uuid_format(id, text_id);
	return psprintf("%sattachment/%s/", settings_base_path, text_id);
}

static const RowField attachment_fields[] = {
	{"id", ROW_UUID, false, "The id of the attachment."},
	{"attachment", ROW_TEXT, false, "The path of the file, or the URL of a link."},
	{"task", ROW_UUID, false, "The id of the task."},
	{"file_name", ROW_TEXT, false, "The name of the file."},
	{"content_type", ROW_TEXT, true, "The media type; null for a link."},
	{"size", ROW_BIGINT, true, "The size of the file in bytes; null for a link."},
	{"sha256", ROW_TEXT, true, "The SHA-256 hash of the file in hexadecimal; null for a link."},
	{"created_on", ROW_TIMESTAMP, false, "When the file was attached."},
	{"created_by", ROW_UUID, true, "The id of the user who attached the file; null if it was imported without one."},
	{"content_missing", ROW_FLAG, false, "The content of the file is missing, for example after a partial restore."}
};

/* The member that is not in every result. */
#define ATTACHMENT_PATH 1

const RowSchema attachment_schema = {
	"Attachment", "A file that is attached to a task, or a link to a file.", lengthof(attachment_fields), attachment_fields
};

/* Writes one row of the last statement. */
static void
write_attachment_row(JsonWriter *out, uint64 row)
{
	json_write_open(out, '{');
	for (int i = 0; i < attachment_schema.count; i++)
	{
		const RowField *field = &attachment_fields[i];
		bool		isnull;

		(void) plan_value(row, i + 1, &isnull);
		if (i == ATTACHMENT_PATH && isnull)
		{
			json_write_key(out, field->key);
			json_write_string(out, path_of(DatumGetUUIDP(plan_value(row, 1, &isnull))));
		}
		else
			row_write_field(out, field, row, i + 1);
	}
	json_write_close(out, '}');
}

/* Raises 09000 if the content of an attachment was not stored. */
static void
require_content(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	plan_run(&has_content_plan, values, NULL, false);
	plan_require_rows(1, "task_attachment_content");
}

/*
 * Attaches a file that has passed attachment_check(), and writes it if out is not NULL.
 * Returns false if the task does not exist.  Needs an API call in progress.
 */
bool
attachment_add(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
			   const NewAttachment *attachment)
{
	pg_uuid_t	id;
	PlanArgs	args = {0};
	SPITupleTable *written;

	tc_uuid_make(&id);
	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(task_id));
	plan_arg(&args, UUIDPGetDatum(&id));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	plan_arg_text(&args, attachment->file_name);
	plan_arg_text(&args, attachment->content_type);
	plan_arg_text(&args, attachment->url);
	plan_arg_nullable(&args, (NullableDatum) {PointerGetDatum(attachment->content), attachment->content == NULL});
	plan_run_args(&insert_plan, &args);
	if (SPI_processed == 0)
	{
		if (task_refs_task_exists(&identity->org_id, task_id, false))
			suppress_raise("task_attachment");
		return false;
	}
	written = SPI_tuptable;
	if (attachment->content != NULL && suppress_is_possible("task_attachment_content"))
		require_content(identity, &id);
	SPI_tuptable = written;
	SPI_processed = 1;
	if (out != NULL)
		write_attachment_row(out, 0);
	return true;
}

static void
check_count(const char *object, int count)
{
	if (count > MAX_ATTACHMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has more than %d attachments", object, MAX_ATTACHMENTS)));
}

/*
 * Attaches files to a task that was just created.  files: as sent; checked here.  Raises
 * 22023, PT413.
 */
void
attachment_add_files(const Identity *identity, const pg_uuid_t *task_id,
					 const NewAttachment *files, int count)
{
	check_count("the request", count);
	for (int i = 0; i < count; i++)
	{
		NewAttachment attachment = files[i];

		attachment_check(&attachment);
		if (!attachment_add(NULL, identity, task_id, &attachment))
			suppress_raise("task");
	}
}

/* Attaches each file of an array to a task that was just created. */
void
attachment_add_all(const Identity *identity, const pg_uuid_t *task_id,
				   JsonbContainer *json, const char *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(json);
	JsonbValue	element;
	int			count = 0;

	check_count(object, JsonContainerSize(json));
	(void) JsonbIteratorNext(&iterator, &element, false);
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		char	   *name = psprintf("%s.attachments[%d]", object, count++);
		NewAttachment attachment;

		if (element.type != jbvBinary || !JsonContainerIsObject(element.val.binary.data))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be a JSON object", name)));
		attachment_read(&attachment, element.val.binary.data, name);
		if (!attachment_add(NULL, identity, task_id, &attachment))
			suppress_raise("task");
	}
}

/*
 * Deletes an attachment and its bytes.  Returns false if the policies do not let the
 * caller delete such an attachment.  Needs an API call in progress.
 */
bool
attachment_delete(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!plan_finds(&lock_plan, values))
		return false;
	delete_cascaded(&content_part, values);
	plan_run(&delete_plan, values, NULL, false);
	plan_require_rows(1, "task_attachment");
	return true;
}

/*
 * Returns whether the attachment exists, to find out why it could not be deleted. Needs
 * an API call in progress.
 */
bool
attachment_exists(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	return plan_finds(&exists_plan, values);
}
