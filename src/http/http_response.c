/*
 * http_response.c
 *		An HTTP response for a gateway to send.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "http/http_response.h"
#include "wire/json_write.h"

/* Begins a response without headers and without a body. */
void
http_response_begin(HttpResponse *response, int status)
{
	memset(response, 0, sizeof(*response));
	response->status = status;
}

/*
 * Begins the response to a request that may have an idempotency key.  keyed: the finished call;
 * marks a replay.
 */
void
http_response_begin_keyed(HttpResponse *response, int status, const KeyedCall *keyed)
{
	http_response_begin(response, status);
	if (keyed->is_replay)
		http_response_add_header(response, IDEMPOTENCY_REPLAYED, "true");
}

/* The same for a request that has created a row. */
void
http_response_begin_created(HttpResponse *response, const KeyedCall *keyed)
{
	http_response_begin_keyed(response, 201, keyed);
}

/*
 * Adds a header.  name: lower case, never freed; value: printable ASCII, valid as long as
 * the response.
 */
void
http_response_add_header(HttpResponse *response, const char *name, const char *value)
{
	if (response->nheaders == HTTP_MAX_HEADERS)
		elog(ERROR, "too many headers in a response");
	response->headers[response->nheaders].name = name;
	response->headers[response->nheaders].value = value;
	response->nheaders++;
}

/*
 * Adds the path of a new row.  path: of its list, as settings_append_path() takes it; answer: its
 * object, which begins with its id.
 */
void
http_response_add_location(HttpResponse *response, const char *path, Datum answer)
{
	static const char begin[] = "{\"id\":\"";
	const char *json = TextDatumGetCString(answer);
	StringInfoData location;

	/* A stored answer that was inserted into the table by other means may be anything. */
	if (strncmp(json, begin, strlen(begin)) != 0 || strlen(json) < strlen(begin) + TC_UUID_TEXT_LEN)
		return;
	initStringInfo(&location);
	settings_append_path(&location, path);
	appendBinaryStringInfo(&location, json + strlen(begin), TC_UUID_TEXT_LEN);
	appendStringInfoChar(&location, '/');
	http_response_add_header(response, "location", location.data);
}

/*
 * Adds a value to a header that is a list.  name, value: as for
 * http_response_add_header().
 */
void
http_response_append_header(HttpResponse *response, const char *name, const char *value)
{
	for (int i = 0; i < response->nheaders; i++)
	{
		if (strcmp(response->headers[i].name, name) == 0)
		{
			response->headers[i].value = psprintf("%s, %s", response->headers[i].value, value);
			return;
		}
	}
	http_response_add_header(response, name, value);
}

/* Returns the value of a header of the response, or NULL. */
const char *
http_response_header(const HttpResponse *response, const char *name)
{
	for (int i = 0; i < response->nheaders; i++)
	{
		if (strcmp(response->headers[i].name, name) == 0)
			return response->headers[i].value;
	}
	return NULL;
}

static void
set_body(HttpResponse *response, text *body, const char *type)
{
	response->body = PointerGetDatum(body);
	response->has_body = true;
	http_response_add_header(response, "content-type", type);
}

/*
 * Makes a text of a media type the body.  value: a datum of type text in the server
 * encoding; used without copying if that is UTF-8.  Raises 22P05 and 22021 for characters
 * that cannot be converted.
 */
void
http_response_set_text(HttpResponse *response, Datum value, const char *type)
{
	text	   *body = DatumGetTextPP(value);
	int			length = (int) VARSIZE_ANY_EXHDR(body);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(body), length, PG_UTF8);

	set_body(response, utf8 == VARDATA_ANY(body) ? body : cstring_to_text(utf8), type);
}

/* The same for JSON: a datum of type json. */
void
http_response_set_json(HttpResponse *response, Datum json)
{
	http_response_set_text(response, json, "application/json");
}

/* Makes JSON in UTF-8 the body, without copying it. */
void
http_response_set_utf8(HttpResponse *response, text *json)
{
	set_body(response, json, "application/json");
}

/* Drops the body, as for HEAD, and sets a header with its length. */
void
http_response_drop_body(HttpResponse *response)
{
	if (response->has_body)
	{
		Size		length = VARSIZE_ANY_EXHDR(DatumGetPointer(response->body));

		http_response_add_header(response, "content-length", psprintf("%zu", length));
	}
	response->has_body = false;
	response->body = (Datum) 0;
}

/* Returns the headers as a jsonb object. */
Datum
http_response_headers_object(const HttpResponse *response)
{
	JsonWriter		out;
	char	   *json;

	json_write_begin(&out);
	json_write_open(&out, '{');
	for (int i = 0; i < response->nheaders; i++)
	{
		json_write_key(&out, response->headers[i].name);
		json_write_string(&out, response->headers[i].value);
	}
	json_write_close(&out, '}');
	json = TextDatumGetCString(json_write_end(&out));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/*
 * Returns the headers in PostgREST's format: a JSON array of objects with one key each.
 */
char *
http_response_headers_array(const HttpResponse *response)
{
	JsonWriter		out;

	json_write_begin(&out);
	json_write_open(&out, '[');
	for (int i = 0; i < response->nheaders; i++)
	{
		json_write_open(&out, '{');
		json_write_key(&out, response->headers[i].name);
		json_write_string(&out, response->headers[i].value);
		json_write_close(&out, '}');
	}
	json_write_close(&out, ']');
	return TextDatumGetCString(json_write_end(&out));
}
