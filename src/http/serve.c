/*
 * serve.c
 *		Answering a request of the REST API: which path takes which methods, and what
 *		each of them answers.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/argument.h"
#include "api/operation.h"
#include "base/error.h"
#include "http/bearer.h"
#include "http/body.h"
#include "http/disposition.h"
#include "http/etag.h"
#include "http/route.h"
#include "http/serve.h"
#include "identity/identity.h"
#include "settings.h"
#include "task/field.h"
#include "wire/json_in.h"

typedef void (*Handler) (const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);

/* A method of a resource. */
typedef struct Action
{
	HttpResource resource;
	const char *method;
	Handler		handler;
} Action;

/* What an answer to GET is kept under, beside its URI. */
static void
add_caching(HttpResponse *response)
{
	http_response_add_header(response, "cache-control", "private, no-cache");
	http_response_add_header(response, "vary", "authorization, organization-id");
}

/* Answers GET, or 304 if the client has what it would be. */
static bool
answer_known(const HttpRequest *request, HttpResponse *response, const char *etag)
{
	bool		known = etag_is_known(request, etag);

	http_response_begin(response, known ? 304 : 200);
	http_response_add_header(response, "etag", etag);
	add_caching(response);
	return known;
}

static void
list_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	Datum		answer = api_list_tasks(http_request_filters(request));

	http_response_begin(response, 200);
	add_caching(response);
	http_response_set_json(response, answer);
}

/* Which fields of a form for a task are lists. */
static bool
is_task_list(const char *name)
{
	int			field = task_field_by_key(name);

	return field >= 0 && task_fields[field].kind == FIELD_LINKS;
}

static char *
path_of_task(const pg_uuid_t *id)
{
	char		text[TC_UUID_TEXT_LEN + 1];

	uuid_format(id, text);
	return psprintf("%s%s/", settings_base_path, text);
}

static void
create_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	char	   *key = http_request_header(request, "idempotency-key");
	HttpBody	body;
	TaskMark	mark;
	Datum		answer;

	http_body_read(&body, request, is_task_list);
	answer = api_create_task(body.json, key == NULL ? NULL : cstring_to_text(key), &body.files, &mark);
	http_response_begin(response, 201);
	http_response_add_header(response, "location", path_of_task(&mark.id));
	if (mark.version > 0)
		http_response_add_header(response, "etag", etag_of_version(mark.version));
	http_response_set_json(response, answer);
}

static void
get_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	TaskMark	mark;
	Datum		answer = api_get_task(pk, &mark);

	if (!answer_known(request, response, etag_of_answer(mark.version, answer)))
		http_response_set_json(response, answer);
}

static void
refuse_files(const HttpBody *body, int allowed)
{
	if (body->files.count > allowed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 allowed == 0 ? errmsg("no file can be sent here") :
				 errmsg("more than one file is sent"),
				 errhint("Send each file in a POST to the task.")));
}

/* PUT and PATCH: the specification's PUT changes what it is sent. */
static void
update_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	TaskVersions versions;
	TaskMark	mark;
	Datum		answer;

	http_body_read(&body, request, is_task_list);
	refuse_files(&body, 0);
	answer = api_update_task(pk, body.json, etag_versions(request, &versions), &mark);
	http_response_begin(response, 200);
	http_response_add_header(response, "etag", etag_of_version(mark.version));
	http_response_set_json(response, answer);
}

static void
delete_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	TaskVersions versions;

	api_delete_task(pk, etag_versions(request, &versions));
	http_response_begin(response, 204);
}

/* What is sent to comment on a task, or to change a comment. */
typedef struct SentComment
{
	bool		only_comment;	/* an attachment is an unknown key */
	text	   *comment;
	Jsonb	   *attachment;
} SentComment;

static void
read_comment_member(void *state, const char *name, const JsonbValue *value)
{
	SentComment *sent = state;
	JsonInKey	key = {.noun = "key", .key = name};

	if (strcmp(name, "comment") == 0)
	{
		if (value->type != jbvNull)
			sent->comment = cstring_to_text(json_in_string(&key, value));
	}
	else if (strcmp(name, "attachment") == 0 && !sent->only_comment)
	{
		if (value->type != jbvNull)
			sent->attachment = JsonbValueToJsonb(unconstify(JsonbValue *, value));
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in the body", json_in_clip(name)),
				 sent->only_comment ? errhint("The only valid key is comment.") :
				 errhint("Valid keys are comment and attachment.")));
}

static bool
is_no_list(const char *name)
{
	return false;
}

/* A field of a form that is left empty is a comment that is not written. */
static void
read_comment(const HttpRequest *request, HttpBody *body, SentComment *sent)
{
	http_body_read(body, request, is_no_list);
	json_in_object(&body->json->root, "the body", read_comment_member, sent);
	if (body->files.count > 0 && sent->comment != NULL && VARSIZE_ANY_EXHDR(sent->comment) == 0)
		sent->comment = NULL;
}

static void
add_comment_or_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	SentComment sent = {0};
	Datum		answer;

	read_comment(request, &body, &sent);
	refuse_files(&body, 1);
	answer = api_add_comment_or_attachment(pk, sent.comment, sent.attachment, &body.files);
	http_response_begin(response, 201);
	http_response_set_json(response, answer);
}

static void
edit_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	SentComment sent = {.only_comment = true};
	Datum		answer;

	read_comment(request, &body, &sent);
	refuse_files(&body, 0);
	answer = api_edit_comment(pk, sent.comment);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

static void
delete_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_comment(pk);
	http_response_begin(response, 204);
}

/* What write_file() makes a response of. */
typedef struct FileAnswer
{
	const HttpRequest *request;
	HttpResponse *response;
	MemoryContext context;		/* of the response */
} FileAnswer;

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
	if (!answer_known(answer->request, response, etag_of_file(file->sha256)))
	{
		http_response_add_header(response, "content-type", pstrdup(file->content_type));
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

static void
get_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	FileAnswer	answer = {request, response, CurrentMemoryContext};

	api_get_attachment(pk, write_file, &answer);
}

static void
delete_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_attachment(pk);
	http_response_begin(response, 204);
}

/* HEAD is GET without the body; OPTIONS is the same everywhere. */
static const Action actions[] = {
	{HTTP_TASKS, "GET", list_tasks},
	{HTTP_TASKS, "POST", create_task},
	{HTTP_TASK, "GET", get_task},
	{HTTP_TASK, "PUT", update_task},
	{HTTP_TASK, "PATCH", update_task},
	{HTTP_TASK, "DELETE", delete_task},
	{HTTP_TASK, "POST", add_comment_or_attachment},
	{HTTP_COMMENT, "PUT", edit_comment},
	{HTTP_COMMENT, "PATCH", edit_comment},
	{HTTP_COMMENT, "DELETE", delete_comment},
	{HTTP_ATTACHMENT, "GET", get_attachment},
	{HTTP_ATTACHMENT, "DELETE", delete_attachment}
};

static const char *const nouns[] = {
	[HTTP_TASK] = "task",
	[HTTP_COMMENT] = "comment",
	[HTTP_ATTACHMENT] = "attachment"
};

static Handler
find_handler(HttpResource resource, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (int i = 0; i < (int) lengthof(actions); i++)
	{
		if (actions[i].resource == resource && strcmp(actions[i].method, method) == 0)
			return actions[i].handler;
	}
	return NULL;
}

/* The value of Allow. */
static char *
allowed_methods(HttpResource resource)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < (int) lengthof(actions); i++)
	{
		if (actions[i].resource != resource)
			continue;
		appendStringInfo(&text, "%s, ", actions[i].method);
		if (strcmp(actions[i].method, "GET") == 0)
			appendStringInfoString(&text, "HEAD, ");
	}
	appendStringInfoString(&text, "OPTIONS");
	return text.data;
}

/*
 * Nobody is told so before anything is read.  What has an id of its own needs no
 * organization: it is looked for in all of the caller's.
 */
static void
require_identity(HttpResource resource)
{
	const Identity *identity = identity_current();

	if (resource == HTTP_TASKS || resource == HTTP_TASK)
		identity_require_org(identity);
	else
		identity_require_user(identity);
}

static void
run(const HttpRequest *request, const HttpRoute *route, Handler handler, HttpResponse *response)
{
	bearer_login(request);
	require_identity(route->resource);
	if (route->resource != HTTP_TASKS && !route->is_valid_id)
		argument_not_found(nouns[route->resource]);
	handler(request, &route->pk, response);
	if (strcmp(request->method, "HEAD") == 0)
		http_response_drop_body(response);
}

/*
 * Answers a request.  Raises what the API raises, and PT404, PT405, PT415, PT413, PT401
 * for what is wrong with the request itself.  The response, which must be zero at the beginning,
 * then has the header Allow if that belongs to the error.
 */
void
http_serve(const HttpRequest *request, HttpResponse *response)
{
	HttpRoute	route;
	Handler		handler;

	http_route_find(&route, request->path);
	if (route.resource == HTTP_NOTHING)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("there is no such path"),
				 errhint("The paths of the API begin with %s and end in a slash.", settings_base_path)));
	if (strcmp(request->method, "OPTIONS") == 0)
	{
		http_response_begin(response, 204);
		http_response_add_header(response, "allow", allowed_methods(route.resource));
		return;
	}
	handler = find_handler(route.resource, request->method);
	if (handler == NULL)
	{
		http_response_add_header(response, "allow", allowed_methods(route.resource));
		ereport(ERROR,
				(errcode(ERRCODE_TC_METHOD_NOT_ALLOWED),
				 errmsg("the method is not allowed here"),
				 errdetail("Allowed are %s.", allowed_methods(route.resource))));
	}
	run(request, &route, handler, response);
}
