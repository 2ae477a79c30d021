/*
 * http_request.c
 *		An HTTP request as a gateway passes it: its URI and its headers.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "http/http_request.h"
#include "wire/json_build.h"
#include "wire/json_read.h"
#include "wire/uri_read.h"

/* Maximum size of a URI.  A query string with 1000 ids has 45,000 bytes. */
#define MAX_URI 65536

/* Maximum number of parameters in a query string. */
#define MAX_PARAMETERS 2000

/*
 * Converts UTF-8 from outside to a string in the server encoding.  bytes: raises an error
 * if it contains a NUL; length in bytes.  Raises 22021 for invalid UTF-8 or characters
 * without an equivalent.
 */
char *
http_request_text(const char *bytes, size_t length)
{
	char	   *text = pg_any_to_server(bytes, (int) length, PG_UTF8);

	/* Without conversion the input itself is returned, which may not be terminated. */
	return text == bytes ? pnstrdup(bytes, length) : text;
}

/* Decodes the %XX in a part of the URI.  Raises 22023 for invalid ones, including %00. */
static char *
decode_uri_text(const char *part, size_t length, bool plus_is_space)
{
	char	   *decoded = palloc(length + 1);

	if (!uri_decode(part, length, plus_is_space, decoded))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the URI is not encoded correctly"),
				 errhint("Write a percent sign as %%25. A NUL byte cannot be sent.")));
	return decoded;
}

/*
 * Splits a URI into path and query: /path?query, optionally after a scheme and a host.
 * uri: in the server encoding; characters beyond ASCII stand for their UTF-8 bytes, as
 * %XX do.  Raises 22023 if it is too long or badly encoded, 22P05 and 22021.
 */
void
http_request_set_uri(HttpRequest *request, const char *uri)
{
	const char *path;
	size_t		length;

	uri = path = pg_server_to_any(uri, (int) strlen(uri), PG_UTF8);
	if (strlen(uri) > MAX_URI)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the URI is longer than %d bytes", MAX_URI)));
	if (pg_strncasecmp(uri, "http://", 7) == 0 || pg_strncasecmp(uri, "https://", 8) == 0)
	{
		path = strchr(uri, ':') + 3;
		path += strcspn(path, "/?#");
	}
	length = strcspn(path, "?#");
	request->path = pnstrdup(path, length);
	request->query = NULL;
	if (path[length] == '?')
		request->query = pnstrdup(path + length + 1, strcspn(path + length + 1, "#"));
	(void) decode_uri_text(request->path, length, false);
	if (request->query != NULL)
		(void) decode_uri_text(request->query, strlen(request->query), true);
}

/*
 * The value of a header: a string, or several, which RFC 9110 joins with commas.  A gateway may
 * make a number of one that is a number.
 */
static char *
header_text(const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue	element;
	StringInfoData text;

	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (value->type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return NULL;
	initStringInfo(&text);
	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &element, false);
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		if (element.type != jbvString)
			continue;
		if (text.len > 0)
			appendStringInfoString(&text, ", ");
		appendBinaryStringInfo(&text, element.val.string.val, element.val.string.len);
	}
	return text.data;
}

typedef struct HeaderSearch
{
	const char *name;
	char	   *value;
} HeaderSearch;

static void
look_at_header(void *state, const char *name, const JsonbValue *value)
{
	HeaderSearch *search = state;

	if (search->value == NULL && pg_strcasecmp(name, search->name) == 0)
		search->value = header_text(value);
}

/*
 * Returns the value of a header, palloc'ed; NULL if it was not sent.  name: in any case.
 * Raises 22023 if the headers are not a JSON object.
 */
char *
http_request_header(const HttpRequest *request, const char *name)
{
	HeaderSearch search = {.name = name};

	if (request->content_type != NULL && strcmp(name, "content-type") == 0)
		return pstrdup(request->content_type);
	if (request->headers != NULL)
		json_read_object(&request->headers->root, "headers", look_at_header, &search);
	return search.value;
}

/*
 * Returns the value of the Idempotency-Key header, or NULL.  Raises 22023 like
 * http_request_header().
 */
text *
http_request_idempotency_key(const HttpRequest *request)
{
	char	   *key = http_request_header(request, "idempotency-key");

	return key == NULL ? NULL : cstring_to_text(key);
}

/* Returns the name or the value of a parameter as text. */
static char *
decode_query_part(const char *part, size_t length)
{
	char	   *decoded = decode_uri_text(part, length, true);

	return http_request_text(decoded, strlen(decoded));
}

/*
 * Returns the query string as filters of a list: each parameter is a string, or an array
 * of strings if it is repeated.  Empty values of a repeated parameter are ignored.  NULL
 * without a query string.  Raises 22023, 22021.
 */
Jsonb *
http_request_filters(const HttpRequest *request)
{
	JsonBuild	build;
	UriQuery	query;
	UriParameter parameter;
	int			count = 0;

	if (request->query == NULL)
		return NULL;
	json_build_begin(&build);
	uri_query_begin(&query, request->query, strlen(request->query));
	while (uri_query_next(&query, &parameter))
	{
		if (++count > MAX_PARAMETERS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the query string has more than %d parameters", MAX_PARAMETERS)));
		json_build_add(&build, decode_query_part(parameter.name, parameter.name_length),
					   decode_query_part(parameter.value, parameter.value_length));
	}
	return json_build_end(&build, NULL);
}

/*
 * Returns the value of a parameter of the query string, several joined with commas; NULL
 * without one, or if all are empty.  Other parameters are not looked at.  Raises 22021 for
 * a value that is not UTF-8.
 */
text *
http_request_parameter(const HttpRequest *request, const char *name)
{
	StringInfoData joined;
	UriQuery	query;
	UriParameter parameter;

	if (request->query == NULL)
		return NULL;
	initStringInfo(&joined);
	uri_query_begin(&query, request->query, strlen(request->query));
	while (uri_query_next(&query, &parameter))
	{
		if (parameter.value_length == 0 ||
			strcmp(decode_uri_text(parameter.name, parameter.name_length, true), name) != 0)
			continue;
		appendStringInfo(&joined, "%s%s", joined.len == 0 ? "" : ",",
						 decode_query_part(parameter.value, parameter.value_length));
	}
	return joined.len == 0 ? NULL : cstring_to_text(joined.data);
}
