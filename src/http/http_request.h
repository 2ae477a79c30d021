/*
 * http_request.h
 *		An HTTP request as a gateway passes it.
 */
#ifndef TASKCRM_HTTP_REQUEST_H
#define TASKCRM_HTTP_REQUEST_H

#include "utils/jsonb.h"

#include "task/directory_kind.h"

typedef struct HttpRequest
{
	const char *method;			/* as sent: methods are case-sensitive */
	char	   *path;			/* as sent, encoded */
	char	   *query;			/* after the question mark, encoded; NULL for none */
	Jsonb	   *headers;		/* an object, or NULL */
	const char *content_type;	/* overrides the header's, or NULL */
	bytea	   *body;			/* or NULL */
	DirectoryNoun directory;	/* of the route, for http_directory.c */
} HttpRequest;

extern void http_request_set_uri(HttpRequest *request, const char *uri);
extern char *http_request_header(const HttpRequest *request, const char *name);
extern text *http_request_idempotency_key(const HttpRequest *request);
extern text *http_request_parameter(const HttpRequest *request, const char *name);
extern Jsonb *http_request_filters(const HttpRequest *request);
extern char *http_request_text(const char *bytes, size_t length);

#endif
