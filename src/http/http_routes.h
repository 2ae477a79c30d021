/*
 * http_routes.h
 *		The registry of routes: every path and method of the REST API, what answers it, and
 *		how the OpenAPI document describes it.
 */
#ifndef TASKCRM_HTTP_ROUTES_H
#define TASKCRM_HTTP_ROUTES_H

#include "http/http_handlers.h"

/* What a route needs of the caller, takes, and may answer, beside what all routes do. */
#define ROUTE_PUBLIC 0x01		/* for everybody: no token, no organization */
#define ROUTE_ANY_ORG 0x02		/* looks in all organizations of the caller: none need be selected */
#define ROUTE_KEYED 0x04		/* Idempotency-Key */
#define ROUTE_CONDITIONAL 0x08	/* If-Match and If-None-Match, 412 */
#define ROUTE_CACHED 0x10		/* If-None-Match, 304 */
#define ROUTE_FILTERS 0x20		/* the filters of tasks as query string */
#define ROUTE_PAGES 0x40		/* those of them that choose a page */
#define ROUTE_FILE 0x80			/* the answer is the bytes of a file, or a part of them */

typedef struct HttpRoute
{
	const char *path;			/* behind the base path; {id} for a uuid, ../ for the path above */
	const char *method;
	HttpHandler handler;
	const char *noun;			/* what {id} is the id of; NULL without {id} */
	int			traits;
	const char *name;			/* a name for it in programs: operationId */
	const char *summary;
	const char *request;		/* the schema of the body, or NULL */
	const char *form;			/* the schema of the body as a form, or NULL */
	int			status;			/* of the answer, if all is well */
	const char *answer;			/* the schema of its body, or NULL */
} HttpRoute;

extern const HttpRoute http_routes[];
extern const int http_route_count;

/* What the path of a request names. */
typedef struct HttpTarget
{
	const char *path;			/* the path of the routes that it matches, or NULL */
	bool		has_valid_id;	/* pk is set; always false of a path without {id} */
	pg_uuid_t	pk;
} HttpTarget;

extern void http_target_find(HttpTarget *target, const char *path);
extern bool http_target_has_id(const HttpTarget *target);
extern const HttpRoute *http_route_find(const HttpTarget *target, const char *method);
extern char *http_route_methods(const HttpTarget *target);
extern char *http_route_template(const HttpRoute *route);

#endif
