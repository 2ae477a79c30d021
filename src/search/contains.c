/*
 * contains.c
 *		Whether one text contains another, literally and ignoring case.
 *
 * Case is ignored as Unicode's simple case folding has it, one character for one,
 * whatever the database's locale.  So I matches i, and the Turkish dotted capital
 * and dotless small i match themselves only; ß does not match ss; an accent that
 * is a character of its own does not match one that is composed.
 *
 * Nothing here raises on the bytes it compares: what is no valid UTF-8 matches
 * itself.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "search/fold_table.h"

PG_FUNCTION_INFO_V1(tc_text_contains);

/* Beyond Unicode: stands for a byte that is part of no character. */
#define BROKEN_BYTE 0x110000

/* A needle, folded, kept from row to row. */
typedef struct Needle
{
	int			size;			/* of the text it was made from */
	char	   *text;
	int			length;			/* characters */
	uint32	   *characters;
} Needle;

static uint32
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
 * Takes one character off the front of a text, folded.  Outside UTF-8 only ASCII
 * letters have a case.
 */
static uint32
next_character(const unsigned char **text, const unsigned char *end, bool utf8)
{
	const unsigned char *start = *text;
	int			length;
	uint32		packed = 0;

	if (*start < 0x80)
	{
		(*text)++;
		return fold_character(*start);
	}

	length = utf8 ? pg_utf_mblen(start) : pg_mblen((const char *) start);
	if (length < 1 || length > 4 || length > end - start ||
		(utf8 && !pg_utf8_islegal(start, length)))
	{
		(*text)++;
		return BROKEN_BYTE + *start;
	}
	*text += length;
	if (utf8)
		return fold_character(utf8_to_unicode(start));

	for (int i = 0; i < length; i++)
		packed = packed << 8 | start[i];
	return packed;
}

static int
fold_text(const char *text, int size, uint32 *characters)
{
	const unsigned char *c = (const unsigned char *) text;
	const unsigned char *end = c + size;
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	int			length = 0;

	while (c < end)
		characters[length++] = next_character(&c, end, utf8);
	return length;
}

static Needle *
make_needle(const char *text, int size)
{
	Needle	   *needle = palloc(sizeof(Needle));

	needle->size = size;
	needle->text = pnstrdup(text, size);
	needle->characters = palloc_extended(sizeof(uint32) * (size + 1), MCXT_ALLOC_HUGE);
	needle->length = fold_text(text, size, needle->characters);
	return needle;
}

/* The needle of the last row if it is the same, else a new one in its place. */
static const Needle *
get_needle(FmgrInfo *flinfo, const char *text, int size)
{
	Needle	   *needle = flinfo->fn_extra;
	MemoryContext old;

	if (needle != NULL && needle->size == size && memcmp(needle->text, text, size) == 0)
		return needle;

	flinfo->fn_extra = NULL;
	if (needle != NULL)
	{
		pfree(needle->text);
		pfree(needle->characters);
		pfree(needle);
	}
	old = MemoryContextSwitchTo(flinfo->fn_mcxt);
	needle = make_needle(text, size);
	MemoryContextSwitchTo(old);
	flinfo->fn_extra = needle;
	return needle;
}

static bool
find(const uint32 *haystack, int length, const Needle *needle)
{
	for (int start = 0; start + needle->length <= length; start++)
	{
		int			i = 0;

		/* A description can be a gigabyte. */
		if ((start & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		while (i < needle->length && haystack[start + i] == needle->characters[i])
			i++;
		if (i == needle->length)
			return true;
	}
	return false;
}

/*
 * text_contains(haystack text, needle text) returns boolean
 */
Datum
tc_text_contains(PG_FUNCTION_ARGS)
{
	text	   *haystack = PG_GETARG_TEXT_PP(0);
	text	   *wanted = PG_GETARG_TEXT_PP(1);
	int			size = VARSIZE_ANY_EXHDR(haystack);
	const Needle *needle = get_needle(fcinfo->flinfo, VARDATA_ANY(wanted), VARSIZE_ANY_EXHDR(wanted));
	uint32		on_stack[256];
	uint32	   *characters = on_stack;
	int			length;
	bool		found;

	/* A title fits on the stack, a long description does not. */
	if (size > (int) lengthof(on_stack))
		characters = palloc_extended(sizeof(uint32) * size, MCXT_ALLOC_HUGE);
	length = fold_text(VARDATA_ANY(haystack), size, characters);
	found = find(characters, length, needle);
	if (characters != on_stack)
		pfree(characters);
	PG_FREE_IF_COPY(haystack, 0);
	PG_RETURN_BOOL(found);
}
