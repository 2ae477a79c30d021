/*
 * uri.c
 *		Writes URIs, and checks those that callers send.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/character.h"
#include "wire/uri.h"

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

/*
 * Appends text as the value of a query parameter: every byte that is not unreserved in
 * RFC 3986 as %XX, a space as %20.  text: in UTF-8, NUL-terminated.
 */
void
uri_append_encoded(StringInfo uri, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (const unsigned char *c = (const unsigned char *) text; *c != '\0'; c++)
	{
		if (is_unreserved(*c))
			appendStringInfoCharMacro(uri, *c);
		else
		{
			appendStringInfoCharMacro(uri, '%');
			appendStringInfoCharMacro(uri, digits[*c >> 4]);
			appendStringInfoCharMacro(uri, digits[*c & 0x0F]);
		}
	}
}

/*
 * The same for a text in the database encoding.  A text that cannot be converted to UTF-8
 * is appended as its bytes, which gives a URI that is rejected instead of one with
 * another meaning.
 */
void
uri_append_text(StringInfo uri, const char *text)
{
	const char *utf8 = text_in_utf8(text);

	uri_append_encoded(uri, utf8 != NULL ? utf8 : text);
}

/*
 * Returns whether a text is an acceptable http or https URL: no white space, no control
 * characters, at most URL_MAX_LENGTH characters.  Never raises an error.
 */
bool
url_is_valid(const char *url)
{
	const char *rest;

	if (pg_mbstrlen(url) > URL_MAX_LENGTH)
		return false;
	if (strncmp(url, "https://", 8) == 0)
		rest = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		rest = url + 7;
	else
		return false;
	if (*rest == '\0')
		return false;
	for (; *rest != '\0'; rest++)
	{
		unsigned char c = (unsigned char) *rest;

		if (c <= ' ' || c == 0x7F)
			return false;
	}
	return true;
}
