/*
 * http_cors.c
 *		Cross-origin requests of browsers (the CORS protocol of the Fetch standard).
 *
 * The administrator lists the origins that may read answers in taskcrm.cors_origins.  For
 * methods and headers that are not simple, a browser first sends a preflight request with
 * OPTIONS.  Answers never allow credentials: clients send their token in a header, so a
 * page cannot use what the browser stores for another one.
 *
 * Behind PostgREST, PostgREST or the proxy before it handles CORS.
 */
#include "postgres.h"

#include "base/settings.h"
#include "http/http_cors.h"

/*
 * Not only the methods of the path, so that a page gets 405 for one that is not allowed.
 */
#define ALLOWED_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/* The request headers that a page may send; the last one to the events of examples/gateway. */
#define ALLOWED_HEADERS \
	"authorization, content-type, organization-id, if-match, if-none-match, if-range, range, idempotency-key, x-max-affected, prefer, " \
	"last-event-id"

/* The response headers that a page may read, in addition to the safelisted ones. */
#define EXPOSED_HEADERS \
	"etag, location, allow, www-authenticate, content-disposition, content-range, accept-ranges, idempotency-replayed, preference-applied"

/* How long a browser may cache the preflight response, in seconds. */
#define MAX_AGE "86400"

/* Returns whether an origin is in a list separated by commas or spaces. */
static bool
names_origin(const char *list, const char *origin)
{
	size_t		length = strlen(origin);

	for (const char *at = list + strspn(list, ", "); *at != '\0'; at += strspn(at, ", "))
	{
		size_t		size = strcspn(at, ", ");

		if (size == length && strncmp(at, origin, size) == 0)
			return true;
		at += size;
	}
	return false;
}

static const char *
header_of(const HttpRequest *request, const char *name)
{
	/* The headers may be what is wrong with the request. */
	if (request->headers == NULL || !JB_ROOT_IS_OBJECT(request->headers))
		return NULL;
	return http_request_header(request, name);
}

/*
 * Adds the headers that allow a page of another origin to read an answer, including an
 * error.  Does nothing for a request without an Origin header, or with an origin that is
 * not listed.
 */
void
http_cors_answer(const HttpRequest *request, HttpResponse *response)
{
	const char *origin = header_of(request, "origin");

	bool		allows_all = strcmp(settings_cors_origins, "*") == 0;

	if (settings_cors_origins[0] == '\0')
		return;
	/* The answer depends on the origin. */
	if (!allows_all)
		http_response_append_header(response, "vary", "origin");
	if (origin == NULL || !(allows_all || names_origin(settings_cors_origins, origin)))
		return;
	http_response_add_header(response, "access-control-allow-origin", allows_all ? "*" : origin);
	http_response_add_header(response, "access-control-expose-headers", EXPOSED_HEADERS);
	if (request->method != NULL && strcmp(request->method, "OPTIONS") == 0 &&
		header_of(request, "access-control-request-method") != NULL)
	{
		http_response_add_header(response, "access-control-allow-methods", ALLOWED_METHODS);
		http_response_add_header(response, "access-control-allow-headers", ALLOWED_HEADERS);
		http_response_add_header(response, "access-control-max-age", MAX_AGE);
	}
}
