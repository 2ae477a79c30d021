/*
 * uri.c
 *		Writing URIs.
 */
#include "postgres.h"

#include "wire/uri.h"

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

/*
 * Appends text as the value of a query parameter: every byte that RFC 3986 does
 * not call unreserved as %XX, a space as %20.  text: NUL-terminated.
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
