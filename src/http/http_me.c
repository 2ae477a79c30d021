/*
 * http_me.c
 *		Requests about the caller.
 */
#include "postgres.h"

#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "identity/whoami.h"

/* GET of the caller. */
void
http_get_me(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_response_begin(response, 200);
	http_etag_add_caching(response);
	http_response_set_json(response, whoami_json());
}
