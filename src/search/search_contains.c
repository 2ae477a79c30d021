/*
 * search_contains.c
 *		Tests whether one text contains another, literally and ignoring case, or case and
 *		accents.
 *
 * The functions are LEAKPROOF, so that under row-level security an index can evaluate them
 * before the policy.  Therefore they must not raise an error, or reveal anything in another
 * way, because of a row's contents.  search_casefold.c defines how case is ignored,
 * search_unaccent.c how accents are.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "search/search_casefold.h"
#include "search/search_contains.h"

PG_FUNCTION_INFO_V1(tc_text_contains);
PG_FUNCTION_INFO_V1(tc_text_contains_unaccented);

/* A folded needle, kept from row to row. */
typedef struct Needle
{
	int			size;			/* of the text it was made from */
	char	   *text;
	int			length;			/* characters */
	uint32	   *characters;
} Needle;

static Needle *
make_needle(const char *text, int size, bool without_accents)
{
	Needle	   *needle = palloc(sizeof(Needle));

	needle->size = size;
	/* Not a string: invalid bytes may include a NUL. */
	needle->text = palloc(Max(size, 1));
	memcpy(needle->text, text, size);
	needle->characters = palloc_extended(sizeof(uint32) * (size + 1), MCXT_ALLOC_HUGE);
	needle->length = fold_text(text, size, without_accents, needle->characters);
	return needle;
}

/* Returns the needle of the last row if it is the same, else makes a new one. */
static const Needle *
get_needle(FmgrInfo *flinfo, const char *text, int size, bool without_accents)
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
	needle = make_needle(text, size, without_accents);
	MemoryContextSwitchTo(old);
	flinfo->fn_extra = needle;
	return needle;
}

static bool
find_needle(const uint32 *haystack, int length, const Needle *needle)
{
	int			work = 0;

	for (int start = 0; start + needle->length <= length; start++)
	{
		int			i = 0;

		while (i < needle->length && haystack[start + i] == needle->characters[i])
			i++;
		if (i == needle->length)
			return true;
		/* A description can be a gigabyte, and the needle half of one. */
		work += i + 1;
		if (work >= 0x10000)
		{
			CHECK_FOR_INTERRUPTS();
			work = 0;
		}
	}
	return false;
}

static Datum
contains_text(FunctionCallInfo fcinfo, bool without_accents)
{
	text	   *haystack = PG_GETARG_TEXT_PP(0);
	text	   *wanted = PG_GETARG_TEXT_PP(1);
	int			size = VARSIZE_ANY_EXHDR(haystack);
	const Needle *needle = get_needle(fcinfo->flinfo, VARDATA_ANY(wanted), VARSIZE_ANY_EXHDR(wanted),
									  without_accents);
	uint32		on_stack[256];
	uint32	   *characters = on_stack;
	int			length;
	bool		found;

	/* A title fits on the stack, a long description does not. */
	if (size > (int) lengthof(on_stack))
		characters = palloc_extended(sizeof(uint32) * size, MCXT_ALLOC_HUGE);
	length = fold_text(VARDATA_ANY(haystack), size, without_accents, characters);
	found = find_needle(characters, length, needle);
	if (characters != on_stack)
		pfree(characters);
	PG_FREE_IF_COPY(haystack, 0);
	PG_RETURN_BOOL(found);
}

/*
 * text_contains(haystack text, needle text) returns boolean
 */
Datum
tc_text_contains(PG_FUNCTION_ARGS)
{
	return contains_text(fcinfo, false);
}

/*
 * text_contains_unaccented(haystack text, needle text) returns boolean
 */
Datum
tc_text_contains_unaccented(PG_FUNCTION_ARGS)
{
	return contains_text(fcinfo, true);
}
