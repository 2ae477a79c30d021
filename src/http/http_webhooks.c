/*
 * http_webhooks.c
 *		Requests for webhooks.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/api_operations.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "http/http_sent_key.h"
#include "wire/duration.h"
#include "wire/json_read.h"

/* GET of all webhooks. */
void
http_list_webhooks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_sent_refuse_query(request);
	http_etag_answer_uncached(response, api_list_webhooks());
}

/* GET of a webhook. */
void
http_get_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_get_webhook(pk));
}

/* POST of a webhook. */
void
http_create_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_create_webhook(body.json, &keyed);
	http_response_begin_created(response, &keyed);
	http_response_add_location(response, "../webhooks/", answer);
	http_response_set_json(response, answer);
}

/* PUT and PATCH of a webhook; both change only what is sent. */
void
http_update_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	Datum		answer;

	http_body_read_object(&body, request);
	answer = api_update_webhook(pk, body.json);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

/* DELETE of a webhook. */
void
http_delete_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_delete_webhook(pk);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}

/* Reads how long the former secret is valid as well: a duration without months, by default a day. */
static Interval *
read_overlap(const SentKey *sent)
{
	JsonReadKey key = {.object = "body", .key = sent->key};
	Interval   *overlap = palloc0(sizeof(Interval));
	Duration	duration;

	overlap->day = 1;
	if (sent->isnull)
		return overlap;
	if (!duration_parse(text_to_cstring(sent->string), &duration))
		json_read_invalid(&key, ERRCODE_INVALID_DATETIME_FORMAT, "It is not a duration.", "Write it as in PT12H or P7D.");
	overlap->month = duration.months;
	overlap->day = duration.days;
	overlap->time = duration.microseconds;
	return overlap;
}

/* POST that gives a webhook another secret. */
void
http_rotate_webhook_secret(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	SentKey		keys[] = {{.key = "overlap", .kind = SENT_TEXT}};
	Datum		answer;

	http_sent_read_body(keys, lengthof(keys), request);
	answer = api_rotate_webhook_secret(pk, read_overlap(&keys[0]), &keyed);
	http_response_begin_created(response, &keyed);
	http_response_set_json(response, answer);
}

/* POST that asks for a test of a webhook. */
void
http_test_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	Datum		answer = api_test_webhook(pk);

	http_etag_refuse_conditions(request);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}
