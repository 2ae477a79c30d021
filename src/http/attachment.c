/*
 * attachment.c
 *		Requests for attachments: downloads and lists.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/operation.h"
#include "base/error.h"
#include "http/disposition.h"
#include "http/etag.h"
#include "http/handler.h"
#include "wire/file_name.h"

/* What write_file() makes a response of. */
typedef struct FileAnswer
{
	const HttpRequest *request;
	HttpResponse *response;
	MemoryContext context;		/* of the response */
} FileAnswer;

/* The type as it is sent: one that could forge a header is not. */
static char *
type_of(const StoredFile *file)
{
	if (file->content_type == NULL || !content_type_is_valid(file->content_type))
		return pstrdup(CONTENT_TYPE_OF_BYTES);
	return pstrdup(file->content_type);
}

static void
write_file(void *state, const StoredFile *file)
{
	FileAnswer *answer = state;
	HttpResponse *response = answer->response;
	MemoryContext old = MemoryContextSwitchTo(answer->context);

	if (!file->has_content)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("the attachment is a link to a file elsewhere"),
				 errhint("Its address stands where the task lists its attachments.")));
	if (!etag_answer_known(answer->request, response, etag_of_file(file->sha256)))
	{
		http_response_add_header(response, "content-type", type_of(file));
		http_response_add_header(response, "content-disposition", disposition_attachment(file->file_name));
		/* Whatever it is, it must not become a page of the site that serves it. */
		http_response_add_header(response, "x-content-type-options", "nosniff");
		http_response_add_header(response, "content-security-policy", "sandbox");
		if (strcmp(answer->request->method, "HEAD") == 0)
			http_response_add_header(response, "content-length", psprintf(INT64_FORMAT, file->size));
		else
		{
			response->has_body = true;
			response->body = PointerGetDatum(PG_DETOAST_DATUM_COPY(file->content));
		}
	}
	MemoryContextSwitchTo(old);
}

/* GET of an attachment.  Raises what api_get_attachment() raises, and PT404 for a link. */
void
http_get_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	FileAnswer	answer = {request, response, CurrentMemoryContext};

	api_get_attachment(pk, write_file, &answer);
}

/* DELETE of an attachment.  Raises what api_delete_attachment() raises. */
void
http_delete_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_attachment(pk);
	http_response_begin(response, 204);
}

/* GET of the attachments of a task.  Raises what api_list_attachments() raises. */
void
http_list_attachments(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	Datum		answer = api_list_attachments(pk, http_request_filters(request));

	http_response_begin(response, 200);
	etag_add_caching(response);
	http_response_set_json(response, answer);
}
