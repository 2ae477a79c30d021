/*
 * http_errors.c
 *		Errors as HTTP responses.
 *
 * Errors of the client are answered, in the format and with the status that PostgREST
 * uses.  All others are raised, because they are not the client's: canceled queries, lack
 * of memory or disk space, errors that the gateway may retry (40001, 40P01), internal
 * errors.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/character.h"
#include "http/http_errors.h"
#include "wire/json_write.h"

/* Returns the nnn of an SQLSTATE PTnnn if it is an HTTP status, or 0. */
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

/*
 * Returns the status for an SQLSTATE, or 0 for an error that must be raised.  Never
 * raises an error.
 */
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
		case ERRCODE_PLPGSQL_ERROR:	/* RAISE in a user-defined trigger */
			return 400;
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
			return 413;
	}
	return 0;
}

/*
 * Makes a response of an error for which http_error_status() has a status. has_token: the
 * request had one.
 */
void
http_error_write(HttpResponse *response, const ErrorData *error, bool has_token)
{
	JsonWriter		out;

	json_write_begin(&out);
	json_write_open(&out, '{');
	json_write_string_member(&out, "code", unpack_sql_state(error->sqlerrcode));
	json_write_string_member(&out, "message", error->message);
	json_write_string_member(&out, "details", error->detail);
	/* What the administrator could do about a limit does not help a client. */
	json_write_string_member(&out, "hint", error->sqlerrcode == ERRCODE_STATEMENT_TOO_COMPLEX ? NULL : error->hint);
	json_write_close(&out, '}');

	http_response_begin(response, http_error_status(error->sqlerrcode));
	/* Must not fail whatever the text is: an error here could not be answered. */
	http_response_set_utf8(response, cstring_to_text(text_in_utf8_lossy(TextDatumGetCString(json_write_end(&out)))));
	/* RFC 6750: no error code if the request had no credentials. */
	if (response->status == 401)
		http_response_add_header(response, "www-authenticate", has_token ?
								 "Bearer error=\"invalid_token\"" : "Bearer");
}
