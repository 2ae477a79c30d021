/*
 * code_point.c
 *		Texts of the database as Unicode code points, in any encoding.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/character.h"
#include "base/compat.h"

/* Replaces an unknown character. */
#define REPLACEMENT_CHARACTER 0xFFFD

PG_FUNCTION_INFO_V1(tc_is_blank);

static bool
is_ascii(const char *text, int size)
{
	for (int i = 0; i < size; i++)
	{
		if ((unsigned char) text[i] >= 0x80)
			return false;
	}
	return true;
}

/*
 * Returns the text in UTF-8, or NULL if a character cannot be converted.  converted_size:
 * set to its bytes.  Raises no errors except out of memory.
 */
static char *
convert_to_utf8(const char *text, int size, int *converted_size)
{
	Oid			procedure = FindDefaultConversionProc(GetDatabaseEncoding(), PG_UTF8);
	int			room;
	char	   *converted;

	if (!OidIsValid(procedure) || size > (int) MaxAllocSize / MAX_CONVERSION_GROWTH - 1)
		return NULL;
	room = size * MAX_CONVERSION_GROWTH + 1;
	converted = palloc(room);
	if (pg_do_encoding_conversion_buf(procedure, GetDatabaseEncoding(), PG_UTF8,
									  (unsigned char *) unconstify(char *, text), size,
									  (unsigned char *) converted, room, true) != size)
	{
		pfree(converted);
		return NULL;
	}
	*converted_size = (int) strlen(converted);
	return converted;
}

/*
 * Returns the code points of a text in the database encoding, palloc'ed.  In SQL_ASCII,
 * and if a character cannot be converted, the bytes are read as UTF-8.  Raises no errors
 * except out of memory.
 */
uint32 *
code_points(const char *text, int size, int *length)
{
	int			encoding = GetDatabaseEncoding();
	char	   *converted = NULL;
	uint32	   *codes;

	if (encoding != PG_UTF8 && encoding != PG_SQL_ASCII && !is_ascii(text, size))
		converted = convert_to_utf8(text, size, &size);
	codes = palloc(sizeof(uint32) * (size + 1));
	*length = character_decode(converted != NULL ? converted : text, size, codes);
	if (converted != NULL)
		pfree(converted);
	return codes;
}

/*
 * Returns the code point of the first character of a text in the database encoding, as
 * code_points() does.  size: set to its bytes.  Raises no errors except out of memory.
 */
uint32
code_point_next(const char *text, const char *end, int *size)
{
	int			encoding = GetDatabaseEncoding();
	bool		is_utf8 = encoding == PG_UTF8 || encoding == PG_SQL_ASCII;
	int			length = 0;
	uint32	   *codes;
	uint32		code;

	*size = is_utf8 ? pg_utf_mblen((const unsigned char *) text) : pg_encoding_mblen(encoding, text);
	if (*size < 1 || *size > end - text ||
		(is_utf8 && !pg_utf8_islegal((const unsigned char *) text, *size)))
		*size = 1;
	if ((unsigned char) *text < 0x80)
		return (unsigned char) *text;
	codes = code_points(text, *size, &length);
	code = codes[0];
	pfree(codes);
	return code;
}

/*
 * Returns whether a text in the database encoding has no visible character: only
 * characters with the Unicode properties White_Space or Default_Ignorable_Code_Point,
 * controls, and two more that look blank, U+2800 and U+1D159.  Raises no errors except
 * out of memory.
 */
bool
text_is_blank(const char *text, int size)
{
	uint32	   *codes;
	int			length;
	bool		blank = true;

	/* Most texts begin with a letter. */
	if (size > 0 && (unsigned char) text[0] < 0x80)
	{
		CharacterClass first = character_class((unsigned char) text[0]);

		if (first != CHARACTER_SPACE && first != CHARACTER_HIDDEN)
			return false;
	}
	codes = code_points(text, size, &length);
	for (int i = 0; i < length && blank; i++)
	{
		CharacterClass class = character_class(codes[i]);

		blank = class == CHARACTER_SPACE || class == CHARACTER_HIDDEN;
	}
	pfree(codes);
	return blank;
}

/*
 * Returns a text of the database in UTF-8: the text itself if that is its encoding, else
 * palloc'ed.  NULL if it cannot be converted.  Raises no errors except out of memory.
 */
char *
text_in_utf8(const char *text)
{
	int			size = (int) strlen(text);
	int			encoding = GetDatabaseEncoding();

	if (encoding == PG_UTF8 || is_ascii(text, size))
		return unconstify(char *, text);
	if (encoding == PG_SQL_ASCII)
		return pg_verify_mbstr(PG_UTF8, text, size, true) ? unconstify(char *, text) : NULL;
	return convert_to_utf8(text, size, &size);
}

/* The same with U+FFFD for characters that cannot be converted; never NULL. */
char *
text_in_utf8_lossy(const char *text)
{
	const char *end = text + strlen(text);
	char	   *utf8 = text_in_utf8(text);
	StringInfoData result;
	int			size;

	if (utf8 != NULL)
		return utf8;
	initStringInfo(&result);
	for (const char *c = text; c < end; c += size)
	{
		unsigned char character[MAX_MULTIBYTE_CHAR_LEN + 1] = {0};
		uint32		code = code_point_next(c, end, &size);

		unicode_to_utf8(code < BROKEN_BYTE ? code : REPLACEMENT_CHARACTER, character);
		appendStringInfoString(&result, (char *) character);
	}
	return result.data;
}

/* is_blank(text) returns boolean */
Datum
tc_is_blank(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(text_is_blank(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}
