/*
 * search_unaccent.c
 *		Letters without their accents.
 *
 * A letter becomes what Unicode decomposes it into, without the marks, so that é, and e with
 * a combining accent, become e.  A few letters that Unicode does not decompose are replaced
 * too, such as ß by ss, ø by o and ł by l.  Only in Latin, Greek, Cyrillic, Hebrew and
 * Arabic: elsewhere marks are vowels, or make another letter.
 *
 * Each character is replaced by itself, whatever is beside it.  So if a text contains a
 * term, it also does without accents, and an index of the one serves searches of the other.
 */
#include "postgres.h"

#include "search/search_unaccent.h"
#include "search/search_unaccent_table.h"

static bool
is_mark(uint32 code)
{
	for (int i = 0; i < (int) lengthof(mark_runs); i++)
	{
		if (code <= mark_runs[i].last)
			return code >= mark_runs[i].first;
	}
	return false;
}

static const PlainLetter *
find_letter(uint32 code)
{
	int			low = 0;
	int			high = (int) lengthof(plain_letters) - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (code < plain_letters[middle].letter)
			high = middle - 1;
		else if (code > plain_letters[middle].letter)
			low = middle + 1;
		else
			return &plain_letters[middle];
	}
	return NULL;
}

/*
 * Returns a case-folded code point without its accent: itself if it has none,
 * UNACCENT_NOTHING for a mark, which is left out.  second: set to a second character that follows, or 0.  Never raises an
 * error.
 */
uint32
unaccent_character(uint32 code, uint32 *second)
{
	const PlainLetter *letter;

	*second = 0;
	if (code < 0x80)
		return code;
	letter = find_letter(code);
	if (letter == NULL)
		return is_mark(code) ? UNACCENT_NOTHING : code;
	*second = letter->second;
	return letter->plain;
}
