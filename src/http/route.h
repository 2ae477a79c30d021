/*
 * route.h
 *		What a path of the API names.
 */
#ifndef TASKCRM_HTTP_ROUTE_H
#define TASKCRM_HTTP_ROUTE_H

#include "base/uuid.h"

typedef enum HttpResource
{
	HTTP_NOTHING,				/* no path of the API */
	HTTP_TASKS,
	HTTP_TASK,
	HTTP_TASK_COMMENTS,
	HTTP_TASK_ATTACHMENTS,
	HTTP_COMMENT,
	HTTP_ATTACHMENT,
	HTTP_OPENAPI				/* the document that describes the API */
} HttpResource;

typedef struct HttpRoute
{
	HttpResource resource;
	bool		is_valid_id;	/* of what has an id: pk is set */
	pg_uuid_t	pk;
} HttpRoute;

extern void http_route_find(HttpRoute *route, const char *path);
extern char *http_route_template(HttpResource resource);

#endif
