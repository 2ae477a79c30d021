/*
 * http_comments.c
 *		Requests for comments, and for files sent with them.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/compat.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "task/comment.h"
#include "wire/json_read.h"

/* The data of a new comment, or of a change of one. */
typedef struct SentComment
{
	bool		is_edit;		/* of a comment, which may be sent back as it was read */
	bool		is_sent_back;	/* has read-only keys */
	text	   *comment;
	Jsonb	   *attachment;
} SentComment;

static void
read_comment_member(void *state, const char *name, const JsonbValue *value)
{
	SentComment *sent = state;
	JsonReadKey key = {.object = "the body", .key = name};

	if (strcmp(name, "comment") == 0)
	{
		if (value->type != jbvNull)
			sent->comment = cstring_to_text(json_read_string(&key, value));
	}
	else if (sent->is_edit)
	{
		if (!row_has_field(&comment_schema, name))
			sent_back_unknown_key(&sent_back_comment_kind, name);
		sent->is_sent_back = true;
	}
	else if (strcmp(name, "attachment") == 0)
	{
		if (value->type != jbvNull)
			sent->attachment = JsonbValueToJsonb(unconstify(JsonbValue *, value));
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in the body", json_read_clip(name)),
				 errhint("Valid keys are comment and attachment.")));
}

/* An empty form field means that there is no comment. */
static void
read_comment(const HttpRequest *request, HttpBody *body, SentComment *sent)
{
	http_body_read(body, request, http_body_no_lists);
	json_read_object(&body->json->root, "the body", read_comment_member, sent);
	if (body->files.count > 0 && sent->comment != NULL && VARSIZE_ANY_EXHDR(sent->comment) == 0)
		sent->comment = NULL;
}

/*
 * POST to a task.  Raises the errors of http_body_read() and
 * api_add_comment_or_attachment(), and 22023 for more than one file.
 */
void
http_add_comment_or_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	SentComment sent = {0};
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	Datum		answer;

	read_comment(request, &body, &sent);
	http_body_refuse_files(&body, 1);
	answer = api_add_comment_or_attachment(pk, sent.comment, sent.attachment, &body.files, &keyed);
	http_response_begin_created(response, &keyed);
	http_response_set_json(response, answer);
}

/*
 * PUT and PATCH of a comment.  Raises the errors of http_body_read() and
 * api_edit_comment(), and PT412.
 */
void
http_edit_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	SentComment sent = {.is_edit = true};
	Datum		answer;

	read_comment(request, &body, &sent);
	http_body_refuse_files(&body, 0);
	answer = api_edit_comment(pk, sent.comment, sent.is_sent_back ? body.json : NULL);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

/* DELETE of a comment.  Raises the errors of api_delete_comment(), and PT412. */
void
http_delete_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_comment(pk);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}

/* GET of the comments of a task.  Raises the errors of api_list_comments(). */
void
http_list_comments(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_comments(pk, http_request_filters(request)));
}
