/*
 * http_prefer.c
 *		The Prefer header (RFC 7240).
 */
#include "postgres.h"

#include "http/http_prefer.h"

#define BLANKS " \t"

/*
 * Returns the end of a part of a header's value: the first of the separators outside
 * quotes, or the end of the value.
 */
static const char *
end_of_part(const char *at, const char *separators)
{
	bool		quoted = false;

	for (; *at != '\0'; at++)
	{
		if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && strchr(separators, *at) != NULL)
			break;
	}
	return at;
}

/* Returns whether a part of a value is a word, in any case, with blanks around it. */
static bool
is_word(const char *at, const char *end, const char *word)
{
	size_t		length = strlen(word);

	while (at < end && strchr(BLANKS, *at) != NULL)
		at++;
	while (end > at && strchr(BLANKS, end[-1]) != NULL)
		end--;
	return (size_t) (end - at) == length && pg_strncasecmp(at, word, length) == 0;
}

/*
 * Returns whether a client prefers an answer without a body: return=minimal.  Of a preference
 * that is repeated only the first one counts.  What is malformed or unknown is ignored, as the
 * RFC requires.
 */
bool
http_prefers_minimal(const HttpRequest *request)
{
	const char *at = http_request_header(request, "prefer");

	while (at != NULL && *at != '\0')
	{
		const char *next = end_of_part(at, ",");
		const char *end = end_of_part(at, ",;");
		const char *equals = end_of_part(at, ",;=");

		if (equals < end && is_word(at, equals, "return"))
			return is_word(equals + 1, end, "minimal") || is_word(equals + 1, end, "\"minimal\"");
		at = *next == '\0' ? next : next + 1;
	}
	return false;
}

/*
 * Makes JSON the body, or tells the client that there is none because it prefers that.  answer: a
 * datum of type json; not used if it prefers that.
 */
void
http_prefer_set_json(const HttpRequest *request, HttpResponse *response, Datum answer)
{
	if (http_prefers_minimal(request))
		http_response_add_header(response, "preference-applied", "return=minimal");
	else
		http_response_set_json(response, answer);
}
