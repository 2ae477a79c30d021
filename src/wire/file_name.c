/*
 * file_name.c
 *		Names of files that callers send.
 *
 * All of these end up in HTTP headers or in somebody's file system some day.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/character.h"
#include "wire/file_name.h"

/* A longer part behind the last dot is no extension worth keeping. */
#define MAX_EXTENSION 32

PG_FUNCTION_INFO_V1(tc_is_file_name);

/*
 * Whether a character has no place in a file's name: controls, those of C1 too, line and
 * paragraph separators, and what changes the direction of text, which can make
 * an extension look like another one.
 */
static bool
is_removed(uint32 code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C ||
		code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
		(code >= 0x2066 && code <= 0x206F);
}

/*
 * What stands behind the last / or \, without characters that have no place in it and
 * without white space in front.
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

/* Shortens to FILE_NAME_MAX_BYTES at a character's end, keeping the extension. */
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
 * Makes a name of what a caller sent: no directories, no control characters and none that
 * change the direction of text, at most FILE_NAME_MAX_BYTES bytes; "file" when nothing is
 * left that can be seen.  name: may be NULL.  Returns a palloc'ed string; never raises,
 * memory aside.
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
 * Whether a file may have this name: cleaning leaves it as it is.
 */
Datum
tc_is_file_name(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_BOOL(strcmp(file_name_clean(name), name) == 0);
}
