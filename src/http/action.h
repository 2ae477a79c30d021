/*
 * action.h
 *		The methods of the REST API: the one table that answering them and describing them
 *		are made from.
 */
#ifndef TASKCRM_HTTP_ACTION_H
#define TASKCRM_HTTP_ACTION_H

#include "http/handler.h"
#include "http/route.h"

/* What a method takes or may answer beside what all do. */
#define ACTION_PUBLIC 0x01		/* of everybody: no token, no organization */
#define ACTION_KEYED 0x02		/* Idempotency-Key */
#define ACTION_CONDITIONAL 0x04	/* If-Match and If-None-Match, 412 */
#define ACTION_CACHED 0x08		/* If-None-Match, 304 */
#define ACTION_FILTERS 0x10		/* the filters of tasks as query string */
#define ACTION_PAGES 0x20		/* those of them that choose a page */
#define ACTION_FILE 0x40		/* the answer is the bytes of a file, or a part of them */

/* A method of a resource. */
typedef struct HttpAction
{
	HttpResource resource;
	const char *method;
	HttpHandler handler;
	const char *name;			/* a name for it in programs: operationId */
	const char *summary;
	const char *request;		/* the schema of the body, or NULL */
	const char *form;			/* the schema of the body as a form, or NULL */
	int			status;			/* of the answer, if all is well */
	const char *answer;			/* the schema of its body, or NULL */
	int			traits;
} HttpAction;

extern const HttpAction http_actions[];
extern const int http_action_count;

#endif
