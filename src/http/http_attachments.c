/*
 * http_attachments.c
 *		Requests for attachments: downloads and lists.
 */
#include "postgres.h"

#include "api/api_operations.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "http/http_disposition.h"
#include "http/http_errors.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "http/http_range.h"
#include "wire/file_name.h"
#include "wire/media_type.h"

/* The input of write_file(). */
typedef struct FileAnswer
{
	const HttpRequest *request;
	HttpResponse *response;
	MemoryContext context;		/* of the response */
} FileAnswer;

/* Returns the type to send; one that could inject a header is replaced. */
static char *
type_of(const StoredFile *file)
{
	if (file->content_type == NULL || !media_type_is_valid(file->content_type))
		return pstrdup(MEDIA_TYPE_OF_BYTES);
	return pstrdup(file->content_type);
}

/*
 * Raises 54000 if an answer may not have that many bytes; the limit may have been lowered
 * since the file was stored.
 */
static void
require_fits(int64 count)
{
	int			most = Max(settings_max_answer_size, settings_max_attachment_size);

	if (count > most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the answer is too large"),
				 errdetail("An answer can contain at most %d bytes of a file.", most),
				 errhint("Request a part of the file with the Range header.")));
}

/* Answers that the file has none of the requested bytes. */
static void
refuse_range(HttpResponse *response, int64 size)
{
	ErrorData	error = {
		.sqlerrcode = ERRCODE_TC_RANGE_NOT_SATISFIABLE,
		.message = pstrdup("the requested range is outside the file"),
		.detail = psprintf("The file has " INT64_FORMAT " bytes.", size)
	};

	http_error_write(response, &error, false);
	http_response_add_header(response, "content-range", psprintf("bytes */" INT64_FORMAT, size));
}

/*
 * Makes bytes of the file the body.  Reads only those, because content is stored
 * uncompressed.  For HEAD, only sets their number.
 */
static void
set_body(const FileAnswer *answer, const StoredFile *file, int64 first, int64 count)
{
	if (strcmp(answer->request->method, "HEAD") == 0)
	{
		http_response_add_header(answer->response, "content-length", psprintf(INT64_FORMAT, count));
		return;
	}
	require_fits(count);
	answer->response->has_body = true;
	answer->response->body = count == file->size ? PointerGetDatum(PG_DETOAST_DATUM_COPY(file->content)) :
		PointerGetDatum(PG_DETOAST_DATUM_SLICE(file->content, (int32) first, (int32) count));
}

/*
 * Adds headers with the file's type and name, which make a browser save the file instead
 * of showing it.
 */
static void
add_headers(HttpResponse *response, const StoredFile *file)
{
	http_response_add_header(response, "content-type", type_of(file));
	http_response_add_header(response, "content-disposition", http_disposition_attachment(file->file_name));
	http_response_add_header(response, "accept-ranges", "bytes");
	/* A browser must never treat the file as a page of the site that serves it. */
	http_response_add_header(response, "x-content-type-options", "nosniff");
	http_response_add_header(response, "content-security-policy", "sandbox");
}

/* Answers 304, 416, 206 or 200, checked in this order. */
static void
answer_file(const FileAnswer *answer, const StoredFile *file)
{
	HttpResponse *response = answer->response;
	char	   *etag = http_etag_of_file(file->sha256);
	int64		first = 0;
	int64		count = file->size;
	RangeKind	range;

	if (http_etag_answer_known(answer->request, response, etag))
		return;
	range = http_range_find(answer->request, etag, file->size, &first, &count);
	if (range == RANGE_UNSATISFIABLE)
	{
		refuse_range(response, file->size);
		return;
	}
	add_headers(response, file);
	if (range == RANGE_PART)
	{
		response->status = 206;
		http_response_add_header(response, "content-range",
								 psprintf("bytes " INT64_FORMAT "-" INT64_FORMAT "/" INT64_FORMAT,
										  first, first + count - 1, file->size));
	}
	set_body(answer, file, first, count);
}

static void
write_file(void *state, const StoredFile *file)
{
	FileAnswer *answer = state;
	MemoryContext old = MemoryContextSwitchTo(answer->context);

	if (!file->has_content)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("the attachment is a link, not a file"),
				 errhint("Its URL is in the list of attachments of the task.")));
	answer_file(answer, file);
	MemoryContextSwitchTo(old);
}

/*
 * GET of an attachment.  Raises the errors of api_get_attachment(), and PT404 for a link.
 */
void
http_get_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	FileAnswer	answer = {request, response, CurrentMemoryContext};

	api_get_attachment(pk, write_file, &answer);
}

/* The bytes of an attachment never change, so what is compared here is what is deleted. */
static void
check_conditions(void *state, const StoredFile *file)
{
	http_etag_check_conditions(state, file->has_content ? http_etag_of_file(file->sha256) : NULL);
}

/* DELETE of an attachment.  Raises the errors of api_delete_attachment(), and PT412. */
void
http_delete_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	if (http_etag_has_conditions(request))
		api_get_attachment(pk, check_conditions, unconstify(HttpRequest *, request));
	api_delete_attachment(pk);
	http_response_begin(response, 204);
}

/* GET of the attachments of a task.  Raises the errors of api_list_attachments(). */
void
http_list_attachments(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_attachments(pk, http_request_filters(request)));
}
