/*
 * character.c
 *		Classifies characters.
 *
 * Does not depend on the server, so that code that uses it can be fuzzed.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/character.h"
#include "base/character_table.h"

static CharacterClass
ascii_class(uint32 code)
{
	if (code == ' ' || (code >= '\t' && code <= '\r'))
		return CHARACTER_SPACE;
	if (code < ' ' || code == 0x7F)
		return CHARACTER_HIDDEN;
	if ((code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z'))
		return CHARACTER_LETTER;
	return strchr("$+<=>^`|~", (int) code) != NULL ? CHARACTER_SYMBOL : CHARACTER_OTHER;
}

/*
 * Returns the class of a code point.  A byte that is part of no character counts as a
 * letter.
 */
CharacterClass
character_class(uint32 code)
{
	int			low = 0;
	int			high = (int) lengthof(class_runs) - 1;

	if (code < 0x80)
		return ascii_class(code);
	if (code >= BROKEN_BYTE)
		return CHARACTER_LETTER;
	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (code < class_runs[middle].first)
			high = middle - 1;
		else if (code > class_runs[middle].last)
			low = middle + 1;
		else
			return class_runs[middle].class;
	}
	return CHARACTER_OTHER;
}

/*
 * Decodes a text in UTF-8.  codes: room for one code point per byte of the text.  Returns
 * their number.  A byte that is part of no character becomes BROKEN_BYTE plus its value.
 * Never raises an error.
 */
int
character_decode(const char *text, int size, uint32 *codes)
{
	const unsigned char *next = (const unsigned char *) text;
	const unsigned char *end = next + size;
	int			length = 0;

	while (next < end)
	{
		int			bytes = pg_utf_mblen(next);

		if (*next < 0x80)
			codes[length++] = *next++;
		else if (bytes > 1 && bytes <= end - next && pg_utf8_islegal(next, bytes))
		{
			codes[length++] = utf8_to_unicode(next);
			next += bytes;
		}
		else
			codes[length++] = BROKEN_BYTE + *next++;
	}
	return length;
}
