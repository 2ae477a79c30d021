/*
 * http_message.c
 *		Requests and responses on their way between the nodes of a cluster.
 *
 * A request travels without its token: only with the headers that handlers read.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "api/api_forward.h"
#include "db/value_message.h"
#include "http/http_message.h"

/* The headers that handlers read. */
static const char *const headers_read[] = {
	"content-type", "content-encoding", "if-match", "if-none-match", "if-range", "range", "idempotency-key", "x-max-affected",
	"prefer"
};

static Datum
headers_for_handler(const HttpRequest *request)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < (int) lengthof(headers_read); i++)
	{
		char	   *value = http_request_header(request, headers_read[i]);

		if (value == NULL)
			continue;
		appendStringInfo(&json, "%s\"%s\": ", json.len > 1 ? ", " : "", headers_read[i]);
		escape_json(&json, value);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/*
 * Returns a request as the arguments of serve_request(), for forward_message().
 */
bytea *
http_message_of_request(const HttpRequest *request)
{
	StringInfoData message;

	forward_message_begin(&message);
	value_message_add_text(&message, request->method);
	value_message_add_text(&message, request->query == NULL ? request->path :
						   psprintf("%s?%s", request->path, request->query));
	value_message_add(&message, JSONBOID, (NullableDatum) {.value = headers_for_handler(request)});
	value_message_add_text(&message, request->content_type);
	value_message_add(&message, BYTEAOID, (NullableDatum) {
		.value = PointerGetDatum(request->body),
		.isnull = request->body == NULL
	});
	return value_message_end(&message);
}

/*
 * Returns a response as a message, which http_message_read_response() reads.
 */
bytea *
http_message_of_response(const HttpResponse *response)
{
	StringInfoData message;

	value_message_begin(&message);
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(response->status)});
	for (int i = 0; i < response->nheaders; i++)
	{
		value_message_add_text(&message, response->headers[i].name);
		value_message_add_text(&message, response->headers[i].value);
	}
	value_message_add_text(&message, NULL);
	value_message_add(&message, BYTEAOID, (NullableDatum) {.value = response->body, .isnull = !response->has_body});
	return value_message_end(&message);
}

/*
 * Sets response, which must be zero, to what http_message_of_response() has written.
 */
void
http_message_read_response(HttpResponse *response, bytea *bytes)
{
	StringInfoData message;
	NullableDatum body;
	char	   *name;

	value_message_open(&message, bytes);
	http_response_begin(response, DatumGetInt32(value_message_get(&message, INT4OID).value));
	while ((name = value_message_get_text(&message)) != NULL)
		http_response_add_header(response, name, value_message_get_text(&message));
	body = value_message_get(&message, BYTEAOID);
	response->has_body = !body.isnull;
	response->body = body.value;
}
