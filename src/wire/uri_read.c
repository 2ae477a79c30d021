/*
 * uri_read.c
 *		Reads URIs.
 *
 * Does not depend on the server, so that it can be fuzzed: allocates no memory and raises
 * no errors.
 */
#include <string.h>

#include "wire/uri_read.h"

/* Returns the value of a hexadecimal digit, or -1. */
static int
uri_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/*
 * Decodes %XX, and + if plus_is_space (as in query strings).  text: length bytes;
 * decoded: room for length + 1 bytes, set to a NUL-terminated string.  Returns false for
 * a % without two digits after it, and for a NUL, encoded or not, which would seem to end
 * the string.
 */
bool
uri_decode(const char *text, size_t length, bool plus_is_space, char *decoded)
{
	const char *end = text + length;

	for (const char *from = text; from < end; from++)
	{
		char		c = *from;

		if (c == '+' && plus_is_space)
			c = ' ';
		else if (c == '%')
		{
			int			high = end - from > 2 ? uri_hex_value(from[1]) : -1;
			int			low = end - from > 2 ? uri_hex_value(from[2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char) (high * 16 + low);
			from += 2;
		}
		if (c == '\0')
			return false;
		*decoded++ = c;
	}
	*decoded = '\0';
	return true;
}

/* Begins to read a query string, without its question mark. */
void
uri_query_begin(UriQuery *query, const char *text, size_t length)
{
	query->at = text;
	query->end = text + length;
}

/*
 * Reads the next parameter, skipping empty ones; a parameter without = has an empty
 * value.  Returns false at the end.
 */
bool
uri_query_next(UriQuery *query, UriParameter *parameter)
{
	while (query->at < query->end)
	{
		const char *start = query->at;
		size_t		left = (size_t) (query->end - start);
		const char *end = memchr(start, '&', left);
		const char *equals;

		if (end == NULL)
			end = query->end;
		query->at = end < query->end ? end + 1 : end;
		if (end == start)
			continue;

		equals = memchr(start, '=', (size_t) (end - start));
		parameter->name = start;
		parameter->name_length = (size_t) ((equals != NULL ? equals : end) - start);
		parameter->value = equals != NULL ? equals + 1 : end;
		parameter->value_length = (size_t) (end - parameter->value);
		return true;
	}
	return false;
}
