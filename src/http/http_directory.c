/*
 * http_directory.c
 *		Requests for accounts, contacts, teams, users and views.
 *
 * The route of a request says which of them.
 */
#include "postgres.h"

#include "api/api_operations.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"

/* GET of a list. */
void
http_list_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_directory(request->directory, http_request_filters(request)));
}

/* GET of a row. */
void
http_get_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_get_directory(request->directory, pk));
}

/* POST to a list. */
void
http_create_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_create_directory(request->directory, body.json, &keyed);
	http_response_begin_created(response, &keyed);
	http_response_add_location(response, directory_kinds[request->directory].path, answer);
	http_response_set_json(response, answer);
}

/* PUT and PATCH of a row; both change only what is sent. */
void
http_update_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_update_directory(request->directory, pk, body.json);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

/* DELETE of a row. */
void
http_delete_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_directory(request->directory, pk);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}

/* POST of a view. */
void
http_create_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_create_view(body.json, &keyed);
	http_response_begin_created(response, &keyed);
	http_response_add_location(response, directory_kinds[request->directory].path, answer);
	http_response_set_json(response, answer);
}

/* PUT and PATCH of a view; both change only what is sent. */
void
http_update_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_update_view(pk, body.json);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

/* DELETE of a view. */
void
http_delete_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_view(pk);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}
