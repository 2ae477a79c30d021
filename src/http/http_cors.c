/*
 * http_cors.c
 *		Requests that a browser makes for a page of another origin (the CORS protocol of
 *		the Fetch standard).
 *
 * The administrator names the origins that may read answers, in taskcrm.cors_origins.  A
 * browser asks beforehand, with OPTIONS, for methods and headers that are not simple.
 * Answers never allow credentials: clients send their token in a header, so that a page
 * cannot use what the browser knows of another one.
 *
 * Behind PostgREST this is the business of PostgREST or the proxy before it.
 */
#include "postgres.h"

#include "base/settings.h"
#include "http/http_cors.h"

/* Not only those of the path: then a page learns that a method is not allowed there. */
#define ALLOWED_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/* The headers of a request that a page may send. */
#define ALLOWED_HEADERS \
	"authorization, content-type, organization-id, if-match, if-none-match, if-range, range, idempotency-key"

/* The headers of an answer that a page may read, beside those that it always may. */
#define EXPOSED_HEADERS \
	"etag, location, allow, www-authenticate, content-disposition, content-range, accept-ranges, idempotency-replayed"

/* How long, in seconds, a browser need not ask again. */
#define MAX_AGE "86400"

/* Whether a list of origins, separated by commas or spaces, names an origin. */
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
	/* They may be what is wrong with the request. */
	if (request->headers == NULL || !JB_ROOT_IS_OBJECT(request->headers))
		return NULL;
	return http_request_header(request, name);
}

/*
 * Adds to an answer what allows a page of another origin to read it; also to an error.
 * Does nothing for a request without the header Origin, or of an origin that is not
 * named.
 */
void
http_cors_answer(const HttpRequest *request, HttpResponse *response)
{
	const char *origin = header_of(request, "origin");

	bool		allows_all = strcmp(settings_cors_origins, "*") == 0;

	if (settings_cors_origins[0] == '\0')
		return;
	/* Another origin gets another answer. */
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
