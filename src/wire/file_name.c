/*
 * file_name.c
 *		Names, types and addresses of files that callers send.
 *
 * All of these end up in HTTP headers or in somebody's file system some day.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "wire/file_name.h"

/* A longer part behind the last dot is no extension worth keeping. */
#define MAX_EXTENSION 32

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7F;
}

/*
 * Whether a character beyond ASCII is in no name: a control, or one that changes the
 * direction of what is shown or breaks its line.  As taskcrm_internal.not_in_file_names()
 * in sql/install_checks.sql has it.
 */
static bool
is_misleading(pg_wchar c)
{
	return (c >= 0x80 && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
		(c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Whether the character at c, in the server's encoding, is in no name. */
static bool
is_unwanted(const char *c)
{
	const unsigned char *byte = (const unsigned char *) c;
	int			encoding = GetDatabaseEncoding();

	if (!IS_HIGHBIT_SET(*c))
		return is_control(*byte);
	if (encoding == PG_UTF8)
		return is_misleading(utf8_to_unicode(byte));
	return (strncmp(pg_encoding_to_char(encoding), "LATIN", 5) == 0 ||
			strncmp(pg_encoding_to_char(encoding), "ISO_8859", 8) == 0) && is_misleading(*byte);
}

/* What stands behind the last / or \, without the characters that are in no name. */
static char *
strip(const char *name)
{
	const char *base = name;
	char	   *result;
	char	   *to;

	for (const char *c = name; *c != '\0'; c++)
	{
		if (*c == '/' || *c == '\\')
			base = c + 1;
	}
	result = to = palloc(strlen(base) + 1);
	for (const char *c = base; *c != '\0'; c += pg_mblen(c))
	{
		if (is_unwanted(c))
			continue;
		memcpy(to, c, pg_mblen(c));
		to += pg_mblen(c);
	}
	*to = '\0';
	return result;
}

/* Shortens to FILE_NAME_MAX_BYTES at a character's end, keeping the extension. */
static char *
shorten(char *name)
{
	int			length = (int) strlen(name);
	const char *extension = strrchr(name, '.');
	int			kept;

	if (length <= FILE_NAME_MAX_BYTES)
		return name;
	if (extension == NULL || extension == name || strlen(extension) > MAX_EXTENSION)
		extension = name + length;
	kept = pg_mbcliplen(name, (int) (extension - name), FILE_NAME_MAX_BYTES - (int) strlen(extension));
	return psprintf("%.*s%s", kept, name, extension);
}

/*
 * Makes a name of what a caller sent: no directories, no control characters, none that
 * change the direction of text, at most FILE_NAME_MAX_BYTES bytes; "file" when nothing is
 * left.  name: may be NULL.
 * Returns a palloc'ed string; never raises, memory aside.
 */
char *
file_name_clean(const char *name)
{
	char	   *result = strip(name == NULL ? "" : name);

	result += strspn(result, " ");
	if (result[0] == '\0' || strcmp(result, ".") == 0 || strcmp(result, "..") == 0)
		return pstrdup("file");
	return shorten(result);
}

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
 * Whether a text is a media type: type/subtype and perhaps parameters, of at most
 * 255 characters.  Never raises.
 */
bool
content_type_is_valid(const char *type)
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

/*
 * Whether a text is an http or https URL that may be kept: no white space, no
 * control characters, at most URL_MAX_LENGTH characters.  Never raises.
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
		if (is_control((unsigned char) *rest) || *rest == ' ')
			return false;
	}
	return true;
}
