/*
 * http_routes.h
 *		The registry of routes: every path and method of the REST API, its handler, and
 *		its description in the OpenAPI document.
 */
#ifndef TASKCRM_HTTP_ROUTES_H
#define TASKCRM_HTTP_ROUTES_H

#include "api/api_args.h"
#include "base/settings.h"
#include "http/http_handlers.h"
#include "task/directory_kind.h"

/*
 * What a route requires of the caller, accepts, and may answer, in addition to all
 * routes.
 */
#define ROUTE_PUBLIC 0x01		/* for everybody: no token, no organization */
#define ROUTE_ANY_ORG 0x02		/* searches all organizations of the caller: none must
								 * be selected */
#define ROUTE_KEYED 0x04		/* Idempotency-Key */
#define ROUTE_CONDITIONAL 0x08	/* If-Match and If-None-Match, 412 */
#define ROUTE_CACHED 0x10		/* If-None-Match, 304 */
#define ROUTE_FILTERS 0x20		/* the filters of tasks in the query string */
#define ROUTE_PAGES 0x40		/* only those filters that choose a page */
#define ROUTE_FILE 0x80			/* the answer is the bytes of a file or of a part of it */
#define ROUTE_READ 0x100		/* GET without an entity tag: to be read again each time */
#define ROUTE_EXPAND 0x200		/* expand in the query string */
#define ROUTE_REASSIGN 0x400	/* reassign_to in the query string; 409 */
#define ROUTE_NAMES 0x800		/* the body names what may not exist: 404 */
#define ROUTE_LINES 0x1000		/* the answer is JSON, one object a line */
#define ROUTE_BULK 0x2000		/* the filters of tasks that are changed; 409, 412 */
#define ROUTE_GROUPS 0x4000		/* group_by and its options in the query string */
#define ROUTE_SYNC 0x10000		/* what a copy has in the query string */
#define ROUTE_RESTORE 0x20000	/* conflicts with the state of a row: 409 */
#define ROUTE_MINIMAL 0x40000	/* Prefer: return=minimal */
#define ROUTE_EVERYWHERE 0x8000 /* on a cluster, writes tables that every node has, and runs on
								 * the node that is asked */

/* The path of the OpenAPI document. */
#define HTTP_DOCUMENT_PATH SETTINGS_PATH_ABOVE "openapi.json"

typedef struct HttpRoute
{
	const char *path;			/* after the base path; {id} for a uuid, ../ for the
								 * path above */
	const char *method;
	HttpHandler handler;
	ApiNoun		noun;			/* what the {id} names; NOUN_NONE without {id} */
	int			traits;
	const char *name;			/* operationId */
	const char *summary;
	const char *request;		/* the schema of the body, or NULL */
	const char *form;			/* the schema of the body as a form, or NULL */
	int			status;			/* of the answer on success */
	const char *answer;			/* the schema of its body, or NULL */
} HttpRoute;

extern const HttpRoute http_routes[];
extern const int http_route_count;

extern void http_routes_check(void);

/* The target of a request's path. */
typedef struct HttpTarget
{
	const char *path;			/* the path of the matching routes, or NULL */
	bool		has_valid_id;	/* pk is set; always false for a path without {id} */
	pg_uuid_t	pk;
} HttpTarget;

extern void http_target_find(HttpTarget *target, const char *path);
extern bool http_target_has_id(const HttpTarget *target);
extern const HttpRoute *http_route_find(const HttpTarget *target, const char *method);
extern char *http_route_methods(const HttpTarget *target);
extern DirectoryNoun http_route_directory(const HttpRoute *route);
extern char *http_route_template(const HttpRoute *route);

#endif
