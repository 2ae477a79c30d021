/*
 * http_forward.c
 *		Answers a request on the node of a cluster that has the rows of its organization.
 *
 * The node that was asked has found the route and the caller.  The request travels without
 * its token: only with the headers that handlers read.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "api/api_forward.h"
#include "base/compat.h"
#include "db/value_message.h"
#include "http/http_forward.h"
#include "http/http_serve.h"

PG_FUNCTION_INFO_V1(tc_serve_request);

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

static bytea *
write_request(const HttpRequest *request)
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

static bytea *
write_response(const HttpResponse *response)
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

static void
read_response(HttpResponse *response, bytea *bytes)
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

/*
 * Finds the organization of a request that belongs to one.  Returns false if the request runs
 * on this node in any case.
 */
static bool
find_organization(Identity *identity, const HttpTarget *target, const HttpRoute *route)
{
	if (identity_is_pinned() || (route->traits & (ROUTE_PUBLIC | ROUTE_EVERYWHERE)))
		return false;
	if (!(route->traits & ROUTE_ANY_ORG))
	{
		*identity = *identity_current();
		return identity->has_org;
	}
	if (route->noun != NOUN_COMMENT && route->noun != NOUN_ATTACHMENT)
		return false;
	return forward_find(identity, route->noun == NOUN_COMMENT ? FOUND_COMMENT : FOUND_ATTACHMENT, &target->pk);
}

/*
 * Answers a request where its organization is.  request, target, route: checked, and the
 * caller may use the route.  Returns false if it is here; the request must then be handled.
 * Raises the errors of the handler.  Needs a distributed database.
 */
bool
http_forward(const HttpRequest *request, const HttpTarget *target, const HttpRoute *route, HttpResponse *response)
{
	Identity	identity;
	bool		reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
	NullableDatum answer;

	if (!find_organization(&identity, target, route) ||
		!forward_is_elsewhere(&identity, reads ? NULL : request->method))
		return false;
	answer = forward_message(&identity, "serve_request", write_request(request), reads, BYTEAOID);
	read_response(response, DatumGetByteaPP(answer.value));
	return true;
}

static char *
text_or_null(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(number));
}

/*
 * serve_request(method text, uri text, headers jsonb, content_type text, body bytea)
 * returns bytea
 *
 * Answers a request that another node has sent, through call_as().
 */
Datum
tc_serve_request(PG_FUNCTION_ARGS)
{
	HttpRequest request = {0};
	HttpResponse response = {0};

	request.method = text_or_null(fcinfo, 0);
	http_request_set_uri(&request, text_or_null(fcinfo, 1));
	request.headers = PG_GETARG_JSONB_P(2);
	request.content_type = text_or_null(fcinfo, 3);
	request.body = PG_ARGISNULL(4) ? NULL : PG_GETARG_BYTEA_PP(4);
	http_serve(&request, &response);
	PG_RETURN_BYTEA_P(write_response(&response));
}
