/*
 * http_body.h
 *		The body of a request: JSON, or a form with files.
 */
#ifndef TASKCRM_HTTP_BODY_H
#define TASKCRM_HTTP_BODY_H

#include "api/api_operations.h"
#include "http/http_request.h"
#include "wire/json_build.h"

typedef struct HttpBody
{
	Jsonb	   *json;			/* an object */
	SentFiles	files;			/* of a form */
} HttpBody;

extern void http_body_read(HttpBody *body, const HttpRequest *request, JsonBuildIsArray is_array);
extern void http_body_read_object(HttpBody *body, const HttpRequest *request);
extern bool http_body_no_lists(const char *name);
extern void http_body_refuse_files(const HttpBody *body, int allowed);

#endif
