/*
 * search_casefold.c
 *		Reads the characters of a text, ignoring case, and accents if wanted.
 *
 * Case is ignored by Unicode's simple case folding, which maps one character to one,
 * regardless of the database's locale.  So I matches i, and the Turkish dotted capital
 * and dotless small i match only themselves.  Unless accents are ignored, ß does not match
 * ss, and a combining accent does not match a precomposed one.
 *
 * Nothing here raises an error because of the text: each byte of an invalid character is
 * read as a character that matches only itself.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/character.h"
#include "search/search_casefold.h"
#include "search/search_casefold_table.h"
#include "search/search_unaccent.h"

/* Returns a code point, folded.  Never raises an error. */
uint32
fold_character(uint32 code)
{
	int			low = 0;
	int			high = (int) lengthof(fold_runs) - 1;

	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		const FoldRun *run = &fold_runs[middle];

		if (code < run->first)
			high = middle - 1;
		else if (code > run->last)
			low = middle + 1;
		else
			return (code - run->first) % run->step == 0 ? code + run->delta : code;
	}
	return code;
}

/*
 * Returns the length of the character that begins at a byte with the high bit set, or 0
 * if it is invalid.  For GB18030 the length depends on the second byte.
 */
static int
character_length(const FoldReader *reader)
{
	const char *start = (const char *) reader->next;
	int			length;

	if (reader->end - reader->next < 2)
		return pg_encoding_max_length(reader->encoding) == 1 ? 1 : 0;
	length = pg_encoding_mblen(reader->encoding, start);
	if (length < 1 || length > 4 || length > reader->end - reader->next)
		return 0;
	if (reader->encoding == PG_UTF8 && !pg_utf8_islegal(reader->next, length))
		return 0;
	return length;
}

/*
 * Begins reading a text of size bytes in the database encoding.  without_accents: ignores
 * accents too.  Never raises an error.
 */
void
fold_begin(FoldReader *reader, const char *text, int size, bool without_accents)
{
	reader->next = (const unsigned char *) text;
	reader->end = reader->next + size;
	reader->encoding = GetDatabaseEncoding();
	reader->without_accents = without_accents && reader->encoding == PG_UTF8;
	reader->pending = 0;
}

/* Reads a character, with its accent.  next must be before end. */
static uint32
read_folded(FoldReader *reader)
{
	const unsigned char *start = reader->next;
	uint32		packed = 0;
	int			length;

	if (*start < 0x80)
	{
		reader->next++;
		return fold_character(*start);
	}
	length = character_length(reader);
	if (length == 0)
	{
		reader->next++;
		return BROKEN_BYTE + *start;
	}
	reader->next += length;
	if (reader->encoding == PG_UTF8)
		return fold_character(utf8_to_unicode(start));
	for (int i = 0; i < length; i++)
		packed = packed << 8 | start[i];
	return packed;
}

/*
 * Reads the next character, folded.  Returns false after the last one.  In encodings other
 * than UTF-8 only ASCII letters have case, none an accent, and a character is its bytes.
 * Never raises an error.
 */
bool
fold_next(FoldReader *reader, uint32 *character)
{
	if (reader->pending != 0)
	{
		*character = reader->pending;
		reader->pending = 0;
		return true;
	}
	while (reader->next < reader->end)
	{
		*character = read_folded(reader);
		if (reader->without_accents)
			*character = unaccent_character(*character, &reader->pending);
		if (*character != UNACCENT_NOTHING)
			return true;
	}
	return false;
}

/*
 * Folds a whole text.  without_accents: ignores accents too; characters: room for one per
 * byte of the text.  Returns their number.  Never raises an error.
 */
int
fold_text(const char *text, int size, bool without_accents, uint32 *characters)
{
	FoldReader	reader;
	uint32		character;
	int			length = 0;

	fold_begin(&reader, text, size, without_accents);
	while (fold_next(&reader, &character))
		characters[length++] = character;
	return length;
}
