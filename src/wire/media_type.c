/*
 * media_type.c
 *		Media types, such as the Content-Type of a file (RFC 9110, section 8.3.1).
 */
#include "postgres.h"

#include "wire/media_type.h"

/* RFC 9110, section 5.6.2. */
static bool
is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static const char *
skip_token(const char *c)
{
	while (is_token_char(*c))
		c++;
	return c;
}

/* A parameter's value: a token, or a quoted string of visible ASCII. */
static const char *
skip_value(const char *c)
{
	if (*c != '"')
		return skip_token(c);
	for (c++; *c != '"'; c++)
	{
		if (*c == '\\' && c[1] != '\0')
			c++;
		if (*c < ' ' || *c > '~')
			return NULL;
	}
	return c + 1;
}

/*
 * Returns whether a text is a media type: type/subtype with optional parameters, at most
 * 255 characters.  Never raises an error.
 */
bool
media_type_is_valid(const char *type)
{
	const char *c = skip_token(type);
	const char *start;

	if (strlen(type) > 255 || c == type || *c != '/')
		return false;
	start = ++c;
	c = skip_token(c);
	if (c == start)
		return false;
	while (*c != '\0')
	{
		c += strspn(c, " \t");
		if (*c++ != ';')
			return false;
		c += strspn(c, " \t");
		start = c;
		c = skip_token(c);
		if (c == start || *c != '=')
			return false;
		start = ++c;
		c = skip_value(c);
		if (c == NULL || c == start)
			return false;
	}
	return true;
}
