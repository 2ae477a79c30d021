/*
 * http_events.c
 *		Requests for what happened.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_operations.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"

/* GET of the history of a task.  Raises the errors of api_task_history(). */
void
http_task_history(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_task_history(pk, http_request_filters(request)));
}

/*
 * GET of the next page of a copy: the options of tc_sync() are parameters beside the token.
 * Raises the errors of api_sync().
 */
void
http_sync(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	text	   *token = http_request_parameter(request, "token");
	Jsonb	   *options = http_request_filters(request);

	if (options != NULL)
		options = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(options), CStringGetTextDatum("token")));
	http_etag_answer_uncached(response, api_sync(token, options));
}
