/*
 * file_name.c
 *		Cleans the names of files that callers send.
 *
 * They may end up in HTTP headers or in a file system.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/character.h"
#include "wire/file_name.h"

/* A longer text after the last dot is not preserved as an extension. */
#define MAX_EXTENSION 32

PG_FUNCTION_INFO_V1(tc_is_file_name);

/*
 * Returns whether a character is not allowed in a file's name: controls including C1,
 * line and paragraph separators, and characters that change the direction of text, which
 * can disguise an extension.
 */
static bool
is_removed(uint32 code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C ||
		code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
		(code >= 0x2066 && code <= 0x206F);
}

/*
 * Returns the text after the last / or \, without characters that are not allowed and
 * without leading white space.
 */
static char *
strip_directories(const char *name)
{
	const char *base = name;
	const char *end;
	char	   *result;
	char	   *to;
	int			size;

	for (const char *c = name; *c != '\0'; c++)
	{
		if (*c == '/' || *c == '\\')
			base = c + 1;
	}
	end = base + strlen(base);
	result = to = palloc(end - base + 1);
	for (const char *c = base; c < end; c += size)
	{
		uint32		code = code_point_next(c, end, &size);

		if (is_removed(code) || (to == result && character_class(code) == CHARACTER_SPACE))
			continue;
		memcpy(to, c, size);
		to += size;
	}
	*to = '\0';
	return result;
}

/* Shortens to FILE_NAME_MAX_BYTES at a character boundary, keeping the extension. */
static char *
shorten_file_name(char *name)
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
 * Makes a file name from what a caller sent: without directories, control characters and
 * characters that change the direction of text, at most FILE_NAME_MAX_BYTES bytes; "file"
 * if nothing visible is left.  name: may be NULL.  Returns a palloc'ed string.  Raises no
 * errors except out of memory.
 */
char *
file_name_clean(const char *name)
{
	char	   *result = strip_directories(name == NULL ? "" : name);

	if (text_is_blank(result, (int) strlen(result)) || strcmp(result, ".") == 0 || strcmp(result, "..") == 0)
		return pstrdup("file");
	return shorten_file_name(result);
}

/*
 * is_file_name(text) returns boolean
 *
 * Returns whether a file may have this name: cleaning does not change it.
 */
Datum
tc_is_file_name(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_BOOL(strcmp(file_name_clean(name), name) == 0);
}
