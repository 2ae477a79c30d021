/*
 * http_serve.c
 *		Answers a request of the REST API: checks path, method and caller, and calls
 *		the handler.
 */
#include "postgres.h"

#include "api/api_args.h"
#include "base/sqlstate.h"
#include "db/cluster.h"
#include "http/http_bearer.h"
#include "http/http_forward.h"
#include "http/http_routes.h"
#include "http/http_serve.h"
#include "identity/identity.h"

/*
 * Called before anything is read, so that unauthenticated callers always get the same
 * answer.
 */
static void
require_identity(const HttpRequest *request, const HttpRoute *route)
{
	const Identity *identity = identity_current();

	if (identity_is_unnamed(identity) && http_bearer_token(request) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNAUTHORIZED),
				 errmsg("the request has no token"),
				 errhint("Send a token in the header Authorization: Bearer.")));
	if (route->traits & ROUTE_ANY_ORG)
		identity_require_user(identity);
	else
		identity_require_org(identity);
}

static void
run_route(const HttpRequest *request, const HttpTarget *target, const HttpRoute *route, HttpResponse *response)
{
	HttpRequest routed = *request;

	if (!(route->traits & ROUTE_PUBLIC))
	{
		http_bearer_login(request);
		require_identity(request, route);
		if (http_target_has_id(target) && !target->has_valid_id)
			argument_not_found(route->noun);
	}
	routed.directory = http_route_directory(route);
	if (!cluster_is_distributed() || !http_forward(request, target, route, response))
		route->handler(&routed, &target->pk, response);
	if (strcmp(request->method, "HEAD") == 0)
		http_response_drop_body(response);
}

/*
 * Returns the path with a trailing slash and the query, if only the slash is missing from
 * a path of the API; else NULL.  target: set to the target of that path.
 */
static char *
find_with_slash(const HttpRequest *request, HttpTarget *target)
{
	char	   *path = psprintf("%s/", request->path);
	char	   *location = request->query == NULL ? path : psprintf("%s?%s", path, request->query);
	HttpTarget	found;

	http_target_find(&found, path);
	if (found.path == NULL || (http_target_has_id(&found) && !found.has_valid_id))
		return NULL;
	/* It is used as a header. */
	for (char *c = location; *c != '\0'; c++)
	{
		if (*c <= 0x20 || *c > 0x7E)
			return NULL;
	}
	*target = found;
	return location;
}

static char *
document_path(void)
{
	StringInfoData path;

	initStringInfo(&path);
	settings_append_path(&path, HTTP_DOCUMENT_PATH);
	return path.data;
}

/*
 * Answers a request.  Raises the errors of the API, and PT404, PT405, PT415, PT413 or
 * PT401 for a faulty request.  The response, which must be zero initially, then has an
 * Allow header if the error requires one.
 */
void
http_serve(const HttpRequest *request, HttpResponse *response)
{
	HttpTarget	target;
	const HttpRoute *route;
	char	   *location = NULL;

	http_target_find(&target, request->path);
	if (target.path == NULL)
		location = find_with_slash(request, &target);
	if (target.path == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("path not found"),
				 errhint("The OpenAPI document at %s lists the paths. All others end with a slash.", document_path())));
	if (strcmp(request->method, "OPTIONS") == 0)
	{
		http_response_begin(response, 204);
		http_response_add_header(response, "allow", http_route_methods(&target));
		return;
	}
	/*
	 * Not 301: after that a client would repeat a POST as a GET, without its body.  And
	 * not before OPTIONS, because a browser's preflight request must not be redirected.
	 */
	if (location != NULL)
	{
		http_response_begin(response, 308);
		http_response_add_header(response, "location", location);
		return;
	}
	route = http_route_find(&target, request->method);
	if (route == NULL)
	{
		http_response_add_header(response, "allow", http_route_methods(&target));
		ereport(ERROR,
				(errcode(ERRCODE_TC_METHOD_NOT_ALLOWED),
				 errmsg("method not allowed"),
				 errdetail("Allowed methods are %s.", http_route_methods(&target))));
	}
	run_route(request, &target, route, response);
}
