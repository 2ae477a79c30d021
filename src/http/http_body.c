/*
 * http_body.c
 *		The body of a request: JSON, or a form with files.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "http/http_body.h"
#include "wire/http_header.h"
#include "wire/json_read.h"
#include "wire/multipart.h"

/* The name of the parts that are files. */
#define FILE_PART "attachment"

/* The kind of body that Content-Type specifies. */
typedef struct MediaType
{
	char		type[128];
	char		boundary[MULTIPART_MAX_BOUNDARY + 1];
	char		charset[32];
} MediaType;

tc_noreturn static void
unsupported(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_UNSUPPORTED_MEDIA_TYPE),
			 errmsg("unsupported content type"),
			 errdetail("%s", detail),
			 errhint("Send application/json or multipart/form-data, in UTF-8 and not compressed.")));
}

tc_noreturn static void
malformed(const char *message, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", message),
			 detail ? errdetail("%s", detail) : 0));
}

/* A body without Content-Type is JSON: the specification's examples send none. */
static void
read_media_type(MediaType *media, const HttpRequest *request)
{
	const char *text = http_request_header(request, "content-type");
	HeaderValue header;
	HeaderResult result;
	char		name[32];
	char		value[128];

	memset(media, 0, sizeof(*media));
	if (text == NULL || text[strspn(text, " \t")] == '\0')
	{
		strlcpy(media->type, "application/json", sizeof(media->type));
		return;
	}
	if (header_value_begin(&header, text, strlen(text), media->type, sizeof(media->type)) != HEADER_FOUND)
		unsupported("The Content-Type is malformed.");
	while ((result = header_value_next(&header, name, sizeof(name), value, sizeof(value))) == HEADER_FOUND)
	{
		if (strcmp(name, "boundary") == 0 && strlen(value) < sizeof(media->boundary))
			strlcpy(media->boundary, value, sizeof(media->boundary));
		else if (strcmp(name, "charset") == 0)
			strlcpy(media->charset, value, sizeof(media->charset));
	}
	if (result != HEADER_END)
		unsupported("The Content-Type is malformed.");
}

static void
check_encoding(const MediaType *media, const HttpRequest *request)
{
	const char *encoding = http_request_header(request, "content-encoding");

	if (media->charset[0] != '\0' && pg_strcasecmp(media->charset, "utf-8") != 0)
		unsupported("The charset is not UTF-8.");
	if (encoding != NULL && encoding[0] != '\0' && pg_strcasecmp(encoding, "identity") != 0)
		unsupported("The body has a Content-Encoding.");
}

static void
read_json_body(HttpBody *body, const HttpRequest *request)
{
	char	   *text;

	if (request->body == NULL || VARSIZE_ANY_EXHDR(request->body) == 0)
		malformed("the body is empty", "Expected a JSON object.");
	text = http_request_text(VARDATA_ANY(request->body), VARSIZE_ANY_EXHDR(request->body));
	body->json = json_read_parse(text);
	pfree(text);
}

/*
 * Adds a part that is a file.  An input in which no file was chosen sends an empty one.
 */
static void
add_file(HttpBody *body, const MultipartPart *part)
{
	NewAttachment *file;

	if (part->is_unreadable)
		malformed("the form has a file with an unreadable name",
				  "The value of filename* must begin with UTF-8'' or ISO-8859-1'' and be percent-encoded.");
	if (part->file_name[0] == '\0' && part->length == 0)
		return;
	if (strcmp(part->name, FILE_PART) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the form has a file in \"%s\"",
						json_read_clip(http_request_text(part->name, strlen(part->name)))),
				 errhint("Send files in parts named \"%s\".", FILE_PART)));
	if (part->length > (size_t) settings_max_attachment_size)
		attachment_raise_too_large();

	if (body->files.files == NULL)
		body->files.files = palloc(sizeof(NewAttachment));
	else
		body->files.files = repalloc(body->files.files, sizeof(NewAttachment) * (body->files.count + 1));
	file = &body->files.files[body->files.count++];
	memset(file, 0, sizeof(*file));
	file->file_name = http_request_text(part->file_name, strlen(part->file_name));
	file->content_type = http_request_text(part->content_type, strlen(part->content_type));
	file->content = palloc(VARHDRSZ + part->length);
	SET_VARSIZE(file->content, VARHDRSZ + part->length);
	memcpy(VARDATA(file->content), part->content, part->length);
}

/* Adds a part that is a field.  Only a list may be sent more than once. */
static void
add_field(JsonBuild *build, const MultipartPart *part, JsonBuildIsArray is_array)
{
	char	   *name = http_request_text(part->name, strlen(part->name));

	if (strcmp(name, FILE_PART) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" in the form is not a file", FILE_PART),
				 errhint("Give the part a file name.")));
	if (memchr(part->content, '\0', part->length) != NULL)
		malformed("the form has a NUL byte in a field", NULL);
	if (json_build_find(build, name) != NULL && !is_array(name))
		malformed(psprintf("the form has the field \"%s\" more than once", json_read_clip(name)), NULL);
	json_build_add(build, name, http_request_text(part->content, part->length));
}

static void
read_form(HttpBody *body, const HttpRequest *request, const char *boundary, JsonBuildIsArray is_array)
{
	Multipart	multipart;
	MultipartPart part;
	MultipartResult result;
	JsonBuild	build;
	const char *bytes = request->body == NULL ? "" : VARDATA_ANY(request->body);
	size_t		length = request->body == NULL ? 0 : VARSIZE_ANY_EXHDR(request->body);

	if (!multipart_begin(&multipart, bytes, length, boundary))
		malformed("the Content-Type has no boundary", NULL);
	json_build_begin(&build);
	while ((result = multipart_next(&multipart, &part)) == MULTIPART_PART)
	{
		CHECK_FOR_INTERRUPTS();
		if (part.is_file)
			add_file(body, &part);
		else
			add_field(&build, &part, is_array);
	}
	if (result == MULTIPART_TOO_MANY)
		malformed(psprintf("the form has more than %d parts", MULTIPART_MAX_PARTS), NULL);
	if (result == MULTIPART_MALFORMED)
		malformed("the form is malformed or incomplete", NULL);
	body->json = json_build_end(&build, is_array);
}

/*
 * Reads the body of a request.  is_array: which fields of a form are lists.  Raises PT415
 * for another type or charset, PT413 above taskcrm.max_body_size, and 22023, 22P02 or
 * 22021 for a malformed body.
 */
void
http_body_read(HttpBody *body, const HttpRequest *request, JsonBuildIsArray is_array)
{
	MediaType	media;

	memset(body, 0, sizeof(*body));
	read_media_type(&media, request);
	check_encoding(&media, request);
	if (request->body != NULL && VARSIZE_ANY_EXHDR(request->body) > (size_t) settings_max_body_size)
		ereport(ERROR,
				(errcode(ERRCODE_TC_TOO_LARGE),
				 errmsg("the body is too large"),
				 errdetail("The maximum size is %d bytes.", settings_max_body_size)));

	if (strcmp(media.type, "multipart/form-data") == 0)
		read_form(body, request, media.boundary, is_array);
	/* An update has the semantics of RFC 7396 anyway. */
	else if (strcmp(media.type, "application/json") == 0 ||
			 (strcmp(request->method, "PATCH") == 0 && strcmp(media.type, "application/merge-patch+json") == 0))
		read_json_body(body, request);
	else
		unsupported(psprintf("The Content-Type is %s.", json_read_clip(media.type)));
}

/* Raises 22023 if a form has more files than allowed, which is 0 or 1. */
void
http_body_refuse_files(const HttpBody *body, int allowed)
{
	if (body->files.count > allowed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 allowed == 0 ? errmsg("this request does not accept files") :
				 errmsg("this request accepts only one file"),
				 errhint("Send each file in its own POST request to the task.")));
}

/* For http_body_read(): no field of a form is a list. */
bool
http_body_no_lists(const char *name)
{
	return false;
}

/*
 * Reads the body of a request that accepts neither lists nor files.  Raises the errors of
 * http_body_read(), and 22023 for a file.
 */
void
http_body_read_object(HttpBody *body, const HttpRequest *request)
{
	http_body_read(body, request, http_body_no_lists);
	http_body_refuse_files(body, 0);
}
