/*
 * serve.c
 *		Answering a request of the REST API: which path takes which methods, and from whom.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/argument.h"
#include "base/error.h"
#include "http/action.h"
#include "http/bearer.h"
#include "http/route.h"
#include "http/serve.h"
#include "identity/identity.h"
#include "settings.h"

static const char *const nouns[] = {
	[HTTP_TASK] = "task",
	[HTTP_TASK_COMMENTS] = "task",
	[HTTP_TASK_ATTACHMENTS] = "task",
	[HTTP_COMMENT] = "comment",
	[HTTP_ATTACHMENT] = "attachment"
};

static const HttpAction *
find_action(HttpResource resource, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (int i = 0; i < http_action_count; i++)
	{
		if (http_actions[i].resource == resource && strcmp(http_actions[i].method, method) == 0)
			return &http_actions[i];
	}
	return NULL;
}

/* The value of Allow. */
static char *
allowed_methods(HttpResource resource)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < http_action_count; i++)
	{
		if (http_actions[i].resource != resource)
			continue;
		appendStringInfo(&text, "%s, ", http_actions[i].method);
		if (strcmp(http_actions[i].method, "GET") == 0)
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
require_identity(const HttpRequest *request, HttpResource resource)
{
	const Identity *identity = identity_current();

	if (identity_is_unnamed(identity) && bearer_token(request) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNAUTHORIZED),
				 errmsg("the request has no token"),
				 errhint("Send a token in the header Authorization: Bearer.")));
	if (resource == HTTP_COMMENT || resource == HTTP_ATTACHMENT)
		identity_require_user(identity);
	else
		identity_require_org(identity);
}

static void
run(const HttpRequest *request, const HttpRoute *route, const HttpAction *action, HttpResponse *response)
{
	if (!(action->traits & ACTION_PUBLIC))
	{
		bearer_login(request);
		require_identity(request, route->resource);
		if (route->resource != HTTP_TASKS && !route->is_valid_id)
			argument_not_found(nouns[route->resource]);
	}
	action->handler(request, &route->pk, response);
	if (strcmp(request->method, "HEAD") == 0)
		http_response_drop_body(response);
}

/*
 * The path with a slash at its end and the query, if that is all it lacks to be a path of
 * the API; else NULL.  route: gets what that names.
 */
static char *
find_with_slash(const HttpRequest *request, HttpRoute *route)
{
	char	   *path = psprintf("%s/", request->path);
	char	   *location = request->query == NULL ? path : psprintf("%s?%s", path, request->query);
	HttpRoute	found;

	http_route_find(&found, path);
	if (found.resource != HTTP_TASKS && !found.is_valid_id)
		return NULL;
	/* It becomes a header. */
	for (char *c = location; *c != '\0'; c++)
	{
		if (*c <= 0x20 || *c > 0x7E)
			return NULL;
	}
	*route = found;
	return location;
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
	const HttpAction *action;
	char	   *location = NULL;

	http_route_find(&route, request->path);
	if (route.resource == HTTP_NOTHING)
		location = find_with_slash(request, &route);
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
	/*
	 * Not 301: after that a client would send a POST again as a GET, without its body.  And
	 * not before OPTIONS, since a browser's preflight request must not be redirected.
	 */
	if (location != NULL)
	{
		http_response_begin(response, 308);
		http_response_add_header(response, "location", location);
		return;
	}
	action = find_action(route.resource, request->method);
	if (action == NULL)
	{
		http_response_add_header(response, "allow", allowed_methods(route.resource));
		ereport(ERROR,
				(errcode(ERRCODE_TC_METHOD_NOT_ALLOWED),
				 errmsg("the method is not allowed here"),
				 errdetail("Allowed are %s.", allowed_methods(route.resource))));
	}
	run(request, &route, action, response);
}
