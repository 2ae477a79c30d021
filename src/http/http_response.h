/*
 * http_response.h
 *		An HTTP response for a gateway to send.
 */
#ifndef TASKCRM_HTTP_RESPONSE_H
#define TASKCRM_HTTP_RESPONSE_H

#include "api/api_idempotency.h"

#define HTTP_MAX_HEADERS 16

typedef struct HttpResponse
{
	int			status;
	int			nheaders;
	struct
	{
		const char *name;		/* lower case */
		const char *value;
	}			headers[HTTP_MAX_HEADERS];
	bool		has_body;
	Datum		body;			/* bytea; JSON as UTF-8 */
} HttpResponse;

extern void http_response_begin(HttpResponse *response, int status);
extern void http_response_begin_keyed(HttpResponse *response, int status, const KeyedCall *keyed);
extern void http_response_begin_created(HttpResponse *response, const KeyedCall *keyed);
extern void http_response_add_header(HttpResponse *response, const char *name, const char *value);
extern void http_response_add_location(HttpResponse *response, const char *path, Datum answer);
extern void http_response_append_header(HttpResponse *response, const char *name, const char *value);
extern const char *http_response_header(const HttpResponse *response, const char *name);
extern void http_response_set_text(HttpResponse *response, Datum value, const char *type);
extern void http_response_set_json(HttpResponse *response, Datum json);
extern void http_response_set_utf8(HttpResponse *response, text *json);
extern void http_response_drop_body(HttpResponse *response);
extern Datum http_response_headers_object(const HttpResponse *response);
extern char *http_response_headers_array(const HttpResponse *response);

#endif
