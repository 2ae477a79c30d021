/*
 * http_header.c
 *		Parses header values with parameters, such as Content-Type's.
 *
 *		multipart/form-data; boundary=xyz
 *		form-data; name = "attachment"; filename="a \"b\".txt"
 *
 * Does not depend on the server, so that it can be fuzzed.
 */
#include <stdbool.h>
#include <string.h>

#include "wire/http_header.h"

/* A string in a buffer of fixed size. */
typedef struct Copy
{
	char	   *at;
	char	   *end;
} Copy;

static void
copy_begin(Copy *copy, char *to, size_t size)
{
	copy->at = to;
	copy->end = to + size - 1;	/* for the NUL */
}

static bool
copy_char(Copy *copy, char c)
{
	if (copy->at == copy->end)
		return false;
	*copy->at++ = c;
	return true;
}

static char
lower_ascii(char c)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	if (c >= 'A' && c <= 'Z')
		return letters[c - 'A'];
	return c;
}

static void
skip_header_space(HeaderValue *header)
{
	while (header->at < header->end && (*header->at == ' ' || *header->at == '\t'))
		header->at++;
}

/*
 * Reads a name, in lower case; or an unquoted value, in which some clients write = and ,
 * without the required quotes.
 */
static bool
copy_token(HeaderValue *header, Copy *copy, bool is_value)
{
	const char *start = header->at;

	for (; header->at < header->end; header->at++)
	{
		char		c = *header->at;

		if ((unsigned char) c <= ' ' || c == 0x7F || c == ';' || c == '"' ||
			(!is_value && (c == '=' || c == ',')))
			break;
		if (!is_value)
			c = lower_ascii(c);
		if (!copy_char(copy, c))
			return false;
	}
	*copy->at = '\0';
	return header->at > start;
}

/*
 * A backslash escapes only a quote or another backslash: browsers send the backslashes of
 * a file name unescaped.
 */
static bool
copy_quoted(HeaderValue *header, Copy *copy)
{
	for (header->at++; header->at < header->end; header->at++)
	{
		char		c = *header->at;

		if (c == '"')
		{
			header->at++;
			*copy->at = '\0';
			return true;
		}
		if (c == '\\' && header->end - header->at > 1 && (header->at[1] == '"' || header->at[1] == '\\'))
			c = *++header->at;
		if (((unsigned char) c < ' ' && c != '\t') || c == 0x7F || !copy_char(copy, c))
			return false;
	}
	return false;
}

/*
 * Begins to read a header's value.  text: length bytes; value: set to the text before the
 * first parameter, in lower case; size: of value, in bytes, at least 1.
 */
HeaderResult
header_value_begin(HeaderValue *header, const char *text, size_t length, char *value, size_t size)
{
	Copy		copy;

	header->at = text;
	header->end = text + length;
	copy_begin(&copy, value, size);
	skip_header_space(header);
	return copy_token(header, &copy, false) ? HEADER_FOUND : HEADER_MALFORMED;
}

/*
 * Reads the next parameter: its name in lower case, its value unquoted.  Both are
 * NUL-terminated and undefined unless HEADER_FOUND is returned.
 */
HeaderResult
header_value_next(HeaderValue *header, char *name, size_t name_size, char *value, size_t value_size)
{
	Copy		copy;

	skip_header_space(header);
	if (header->at == header->end)
		return HEADER_END;
	if (*header->at++ != ';')
		return HEADER_MALFORMED;
	skip_header_space(header);
	if (header->at == header->end)
		return HEADER_END;		/* a semicolon too many */

	copy_begin(&copy, name, name_size);
	if (!copy_token(header, &copy, false))
		return HEADER_MALFORMED;
	/* Some clients write spaces around it, which RFC 9110 does not allow. */
	skip_header_space(header);
	if (header->at == header->end || *header->at++ != '=')
		return HEADER_MALFORMED;
	skip_header_space(header);
	copy_begin(&copy, value, value_size);
	if (header->at < header->end && *header->at == '"')
		return copy_quoted(header, &copy) ? HEADER_FOUND : HEADER_MALFORMED;
	return copy_token(header, &copy, true) ? HEADER_FOUND : HEADER_MALFORMED;
}
