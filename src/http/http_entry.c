/*
 * http_entry.c
 *		The REST API as SQL functions, for any gateway, for PostgREST, and for other nodes of a cluster.
 *
 * A request of a gateway runs in a subtransaction.  So an error becomes an answer, partial
 * changes are rolled back, and the gateway's transaction continues.  A node that forwards a
 * request gets the error, since the subtransaction is there.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/resowner.h"

#include "api/api_args.h"
#include "api/api_forward.h"
#include "http/http_bearer.h"
#include "http/http_cors.h"
#include "http/http_errors.h"
#include "http/http_handlers.h"
#include "http/http_message.h"
#include "http/http_openapi.h"
#include "http/http_request.h"
#include "http/http_response.h"
#include "http/http_serve.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_http_request);
PG_FUNCTION_INFO_V1(tc_http);
PG_FUNCTION_INFO_V1(tc_openapi);
PG_FUNCTION_INFO_V1(tc_download);
PG_FUNCTION_INFO_V1(tc_serve_request);

/*
 * Reads a request.  It may raise an error, so it must be called where errors are
 * answered. Settings that it changes are restored after the request.
 */
typedef void (*RequestReader) (HttpRequest *request, FunctionCallInfo fcinfo);

static void
set_for_request(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * The request's organization-id counts, not a header of the session.  It is stored where
 * gateways put headers, so that it has the same effect.
 */
static void
select_organization(const HttpRequest *request)
{
	const char *organization = http_request_header(request, "organization-id");
	const char *session_headers = GetConfigOption("request.headers", true, false);
	StringInfoData headers;

	if (organization != NULL)
	{
		initStringInfo(&headers);
		appendStringInfoString(&headers, "{\"organization-id\": ");
		escape_json(&headers, organization);
		appendStringInfoChar(&headers, '}');
		set_for_request("request.headers", headers.data);
	}
	else if (session_headers != NULL && session_headers[0] != '\0')
		set_for_request("request.headers", "");
}

static void
serve_in_nest_level(HttpRequest *request, HttpResponse *response, RequestReader read, FunctionCallInfo fcinfo)
{
	int			guc_level = NewGUCNestLevel();

	read(request, fcinfo);
	http_serve(request, response);
	/* Restores saved settings, but keeps those that triggers have set; see api_end(). */
	AtEOXact_GUC(true, guc_level);
}

/*
 * Returns whether there was a token.  The headers may be what is wrong with the request.
 */
static bool
has_token(const HttpRequest *request)
{
	return request->headers != NULL && JB_ROOT_IS_OBJECT(request->headers) &&
		http_bearer_token(request) != NULL;
}

/*
 * Answers the error that is being handled, or rethrows it.  Called in the memory context
 * of the response.
 */
static void
answer_error(const HttpRequest *request, HttpResponse *response)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *error = CopyErrorData();
	const char *allow = http_response_header(response, "allow");

	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	/* It leaves a memory context that lasts as long as the transaction. */
	MemoryContextSwitchTo(context);
	if (http_error_status(error->sqlerrcode) == 0)
		ReThrowError(error);
	http_error_write(response, error, has_token(request));
	if (allow != NULL)
		http_response_add_header(response, "allow", allow);
	if (request->method != NULL && strcmp(request->method, "HEAD") == 0)
		http_response_drop_body(response);
	FreeErrorData(error);
}

/*
 * Answers a request.  request: zero; read: fills it.  Raises errors that the client did
 * not cause; see http_errors.c.
 */
static void
answer_request(HttpRequest *request, HttpResponse *response, RequestReader read, FunctionCallInfo fcinfo)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	memset(response, 0, sizeof(*response));
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		serve_in_nest_level(request, response, read, fcinfo);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		answer_error(request, response);
		CurrentResourceOwner = owner;
	}
	PG_END_TRY();
}

static void
read_arguments(HttpRequest *request, FunctionCallInfo fcinfo)
{
	if (!PG_ARGISNULL(2))
		request->headers = PG_GETARG_JSONB_P(2);
	if (!PG_ARGISNULL(3))
		request->body = PG_GETARG_BYTEA_PP(3);
	argument_require(ARGUMENT_TEXT_OR_NULL(0), "method");
	argument_require(ARGUMENT_TEXT_OR_NULL(1), "uri");
	request->method = text_to_cstring(PG_GETARG_TEXT_PP(0));
	http_request_set_uri(request, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	select_organization(request);
}

/*
 * tc_http_request(method text, uri text, headers jsonb, body bytea) returns record
 * (status integer, headers jsonb, body bytea)
 */
Datum
tc_http_request(PG_FUNCTION_ARGS)
{
	HttpRequest request = {0};
	HttpResponse response;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	answer_request(&request, &response, read_arguments, fcinfo);
	http_cors_answer(&request, &response);
	values[0] = Int32GetDatum(response.status);
	values[1] = http_response_headers_object(&response);
	values[2] = response.body;
	nulls[2] = !response.has_body;
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * A header set by the proxy before PostgREST, which forwards every request as a POST of
 * bytes.
 */
static char *
require_original(const HttpRequest *request, const char *name)
{
	char	   *value = http_request_header(request, name);

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the request has no header \"%s\"", name),
				 errhint("The proxy in front of PostgREST must set it.")));
	return value;
}

/* Returns the headers of the request to PostgREST. */
static void
read_gateway_headers(HttpRequest *request)
{
	const char *headers = GetConfigOption("request.headers", true, false);

	if (headers != NULL && headers[0] != '\0')
		request->headers = json_read_parse(headers);
}

static void
read_settings(HttpRequest *request, FunctionCallInfo fcinfo)
{
	read_gateway_headers(request);
	if (!PG_ARGISNULL(0))
		request->body = PG_GETARG_BYTEA_PP(0);
	request->method = require_original(request, "x-original-method");
	/*
	 * The proxy drops the body of HEAD; a length without it would not be the original
	 * one.
	 */
	if (strcmp(request->method, "HEAD") == 0)
		request->method = "GET";
	http_request_set_uri(request, require_original(request, "x-original-uri"));
	/* If there was none, ignore the one that the proxy sends. */
	request->content_type = http_request_header(request, "x-original-content-type");
	if (request->content_type == NULL)
		request->content_type = "";
}

static void
set_for_transaction(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* Puts status and headers into the settings that PostgREST reads; returns the body. */
static Datum
answer_postgrest(const HttpResponse *response)
{
	set_for_transaction("response.status", psprintf("%d", response->status));
	set_for_transaction("response.headers", http_response_headers_array(response));
	return response->has_body ? response->body : PointerGetDatum(cstring_to_text(""));
}

/*
 * tc_http(bytea) returns bytea
 *
 * The argument is the request's body; the rest is in request.headers.  Sets
 * response.status and response.headers.
 */
Datum
tc_http(PG_FUNCTION_ARGS)
{
	HttpRequest request = {0};
	HttpResponse response;

	answer_request(&request, &response, read_settings, fcinfo);
	return answer_postgrest(&response);
}

/*
 * tc_download(pk uuid) returns bytea
 *
 * Returns a file, and sets its headers, for GET.  Errors are raised: PostgREST answers
 * them.
 */
Datum
tc_download(PG_FUNCTION_ARGS)
{
	HttpRequest request = {.method = "GET"};
	HttpResponse response = {0};

	FORWARD_CALL_WHERE_FOUND(FOUND_ATTACHMENT, ARGUMENT_UUID_OR_NULL(0));
	read_gateway_headers(&request);
	http_get_attachment(&request, ARGUMENT_UUID_OR_NULL(0), &response);
	return answer_postgrest(&response);
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
 * Answers a request that another node of a cluster has sent, through call_as(); see
 * http_message.c.
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
	PG_RETURN_BYTEA_P(http_message_of_response(&response));
}

/*
 * tc_openapi() returns json
 */
Datum
tc_openapi(PG_FUNCTION_ARGS)
{
	return http_openapi_document();
}
