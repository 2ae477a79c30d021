/*
 * http_errors.c
 *		Errors as HTTP responses.
 *
 * What a client did wrong is answered, in the shape and with the status that PostgREST
 * would give it.  All else is not the client's to know and is left to be raised: what
 * was cancelled, what found no memory or disk, what may be tried again (40001, 40P01),
 * what is broken.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/character.h"
#include "http/http_errors.h"
#include "wire/json_write.h"

/* The nnn of an SQLSTATE PTnnn that is an HTTP status, or 0. */
static int
status_of_pt(const char *state)
{
	int			status = 0;

	for (int i = 2; i < 5; i++)
	{
		if (state[i] < '0' || state[i] > '9')
			return 0;
		status = status * 10 + (state[i] - '0');
	}
	return status >= 400 && status <= 599 ? status : 0;
}

/* The status for an SQLSTATE, or 0 for an error that is to be raised.  Never raises. */
int
http_error_status(int sqlstate)
{
	const char *state = unpack_sql_state(sqlstate);

	if (strncmp(state, "PT", 2) == 0)
		return status_of_pt(state);
	switch (sqlstate)
	{
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
			return 403;
		case ERRCODE_FOREIGN_KEY_VIOLATION:
		case ERRCODE_UNIQUE_VIOLATION:
		case ERRCODE_EXCLUSION_VIOLATION:
			return 409;
		case ERRCODE_STATEMENT_TOO_COMPLEX: /* JSON nested too deeply */
			return 400;
		default:
			break;
	}
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_DATA_EXCEPTION:
		case ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION:
		case ERRCODE_PLPGSQL_ERROR:	/* RAISE in a trigger of the installation's */
			return 400;
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
			return 413;
	}
	return 0;
}

static void
write_error_member(JsonWriter *out, const char *key, const char *value)
{
	json_write_key(out, key);
	if (value == NULL)
		json_write_null(out);
	else
		json_write_string(out, value);
}

/*
 * Makes a response of an error that http_error_status() has a status for.
 * has_token: the request brought one.
 */
void
http_error_write(HttpResponse *response, const ErrorData *error, bool has_token)
{
	JsonWriter		out;

	json_write_begin(&out);
	json_write_open(&out, '{');
	write_error_member(&out, "code", unpack_sql_state(error->sqlerrcode));
	write_error_member(&out, "message", error->message);
	write_error_member(&out, "details", error->detail);
	/* What the server's administrator could do about a limit helps no client. */
	write_error_member(&out, "hint", error->sqlerrcode == ERRCODE_STATEMENT_TOO_COMPLEX ? NULL : error->hint);
	json_write_close(&out, '}');

	http_response_begin(response, http_error_status(error->sqlerrcode));
	/* Whatever it says: there is nobody left to answer an error of this. */
	http_response_set_utf8(response, cstring_to_text(text_in_utf8_lossy(TextDatumGetCString(json_write_end(&out)))));
	/* RFC 6750: no error code where there was nothing to be wrong. */
	if (response->status == 401)
		http_response_add_header(response, "www-authenticate", has_token ?
								 "Bearer error=\"invalid_token\"" : "Bearer");
}
