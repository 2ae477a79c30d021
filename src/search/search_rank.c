/*
 * search_rank.c
 *		How well a text matches a term, for ordering what a search finds.
 *
 * A match in the title counts more than one in the description, and one at the beginning of
 * a word more than one inside of it.  Case, and accents if wanted, are ignored as by
 * search_contains.c.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/character.h"
#include "base/compat.h"
#include "search/search_casefold.h"
#include "search/search_rank.h"

PG_FUNCTION_INFO_V1(tc_text_rank);
PG_FUNCTION_INFO_V1(tc_text_rank_unaccented);

/* How a text matches: not, inside of a word, or at the beginning of one. */
typedef enum TextMatch
{
	MATCH_NONE,
	MATCH_INSIDE,
	MATCH_BEGINNING
} TextMatch;

/* Returns whether a character is part of a word. */
static bool
is_of_word(uint32 character)
{
	CharacterClass class = character_class(character);

	return class == CHARACTER_LETTER || class == CHARACTER_MARK;
}

static bool
matches_at(const uint32 *characters, const uint32 *term, int length)
{
	return memcmp(characters, term, sizeof(uint32) * length) == 0;
}

/* Returns the best match of a folded term. */
static TextMatch
find_best_match(text *value, bool without_accents, const uint32 *term, int length)
{
	int			size = VARSIZE_ANY_EXHDR(value);
	uint32	   *characters = palloc_extended(sizeof(uint32) * (Size) Max(size, 1), MCXT_ALLOC_HUGE);
	int			count = fold_text(VARDATA_ANY(value), size, without_accents, characters);
	TextMatch	best = MATCH_NONE;

	for (int start = 0; start + length <= count && best < MATCH_BEGINNING; start++)
	{
		if ((start & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (length > 0 && characters[start] != term[0])
			continue;
		if (matches_at(characters + start, term, length))
			best = start == 0 || !is_of_word(characters[start - 1]) ? MATCH_BEGINNING : MATCH_INSIDE;
	}
	pfree(characters);
	return best;
}

/*
 * Returns how well a title and a description, which may be NULL, match a term: 0 for not at
 * all, more for better.  without_accents: ignores accents too.
 */
int
search_rank(text *title, text *description, text *term, bool without_accents)
{
	int			size = VARSIZE_ANY_EXHDR(term);
	uint32	   *characters = palloc_extended(sizeof(uint32) * (Size) Max(size, 1), MCXT_ALLOC_HUGE);
	int			length = fold_text(VARDATA_ANY(term), size, without_accents, characters);
	TextMatch	in_title = find_best_match(title, without_accents, characters, length);
	int			rank;

	if (in_title != MATCH_NONE)
		rank = (int) MATCH_BEGINNING + (int) in_title;
	else
		rank = description == NULL ? (int) MATCH_NONE :
			(int) find_best_match(description, without_accents, characters, length);
	pfree(characters);
	return rank;
}

static Datum
rank_text(FunctionCallInfo fcinfo, bool without_accents)
{
	text	   *title;
	text	   *description;
	int			rank;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	title = PG_GETARG_TEXT_PP(0);
	description = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	rank = search_rank(title, description, PG_GETARG_TEXT_PP(2), without_accents);
	PG_FREE_IF_COPY(title, 0);
	if (description != NULL)
		PG_FREE_IF_COPY(description, 1);
	PG_RETURN_INT32(rank);
}

/*
 * text_rank(title text, description text, term text) returns integer
 */
Datum
tc_text_rank(PG_FUNCTION_ARGS)
{
	return rank_text(fcinfo, false);
}

/*
 * text_rank_unaccented(title text, description text, term text) returns integer
 */
Datum
tc_text_rank_unaccented(PG_FUNCTION_ARGS)
{
	return rank_text(fcinfo, true);
}
