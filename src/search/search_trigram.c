/*
 * search_trigram.c
 *		The index entries of a text and of a search: the support functions of the GIN
 *		operator classes.
 *
 * A text is indexed under each three consecutive characters, folded as the match folds
 * them, with nothing (0) after its end: "Call" under cal, all, ll and l.  A text that
 * contains a term of three or more characters has every trigram of the term, whatever the
 * locale; one that contains a shorter term has a trigram that begins with it.  So the
 * index never misses a row, and each row that it finds is rechecked.
 *
 * The trigrams of plain_ops are those of the text without accents, and serve searches that
 * ignore accents and those that do not: what contains a term also contains it without
 * accents.
 *
 * A search looks up only the least common trigrams of its term, by the sample of titles if
 * the session has read it (search_sample.c), and by its letters otherwise.  Which ones these are
 * decides how fast it is, never what it finds.
 */
#include "postgres.h"

#include "access/gin.h"
#include "access/stratnum.h"
#include "fmgr.h"

#include "base/compat.h"
#include "search/search_casefold.h"
#include "search/search_sample.h"
#include "search/search_trigram_set.h"

PG_FUNCTION_INFO_V1(tc_trigram_extract_value);
PG_FUNCTION_INFO_V1(tc_trigram_extract_query);
PG_FUNCTION_INFO_V1(tc_plain_extract_value);
PG_FUNCTION_INFO_V1(tc_plain_extract_query);
PG_FUNCTION_INFO_V1(tc_trigram_consistent);
PG_FUNCTION_INFO_V1(tc_trigram_compare_partial);

/*
 * So many trigrams of a term are looked up at most, the least common ones.  They leave few false
 * matches, and each further one is read to its end if it is common.
 */
#define MAX_QUERY_TRIGRAMS 6
/* So many are enough if the others are in more than this share of the texts. */
#define ENOUGH_TRIGRAMS 3
#define COMMON_SHARE 0.015

/* A trigram of a term. */
typedef struct TermTrigram
{
	int64		trigram;
	double		share;			/* of the sampled titles that have it */
	int			commonness;		/* by its characters */
} TermTrigram;

static Datum
extract_value(FunctionCallInfo fcinfo, bool without_accents)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	int64	   *trigrams = trigram_set_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), without_accents, count);

	PG_FREE_IF_COPY(value, 0);
	if (*count == 0)
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(trigrams);
}

/*
 * trigram_extract_value(text, internal) returns internal
 */
Datum
tc_trigram_extract_value(PG_FUNCTION_ARGS)
{
	return extract_value(fcinfo, false);
}

/*
 * plain_extract_value(text, internal) returns internal
 */
Datum
tc_plain_extract_value(PG_FUNCTION_ARGS)
{
	return extract_value(fcinfo, true);
}

/*
 * Returns how common a character is in texts, roughly: the logarithm of its frequency in
 * languages with Latin letters.  Of two trigrams the rarer one should be looked up; which
 * one it is decides only how fast a search is.
 */
static int
commonness(uint32 character)
{
	static const char letters[] = "84668557813668851778645251";

	if (character >= 'a' && character <= 'z')
		return letters[character - 'a'] - '0';
	if (character == ' ')
		return 9;
	return character >= '0' && character <= '9' ? 4 : 3;
}

static TermTrigram
weigh_trigram(const uint32 *characters, int length)
{
	TermTrigram weighed = {.trigram = trigram_of(characters, length)};

	weighed.share = sample_share_of(weighed.trigram);
	for (int i = 0; i < Min(length, 3); i++)
		weighed.commonness += commonness(characters[i]);
	return weighed;
}

static bool
is_rarer(const TermTrigram *a, const TermTrigram *b)
{
	return a->share != b->share ? a->share < b->share : a->commonness < b->commonness;
}

static bool
is_chosen(const TermTrigram *chosen, int count, int64 trigram)
{
	for (int i = 0; i < count; i++)
	{
		if (chosen[i].trigram == trigram)
			return true;
	}
	return false;
}

/*
 * Sets the least common trigrams of a term of at least three characters, the rarest first, and
 * returns their number.  chosen: room for MAX_QUERY_TRIGRAMS.
 */
static int
choose_trigrams(TermTrigram *chosen, const uint32 *characters, int length)
{
	int			count = 0;

	for (int place = 0; place + 3 <= length; place++)
	{
		TermTrigram next = weigh_trigram(characters + place, 3);
		int			i;

		if (is_chosen(chosen, count, next.trigram))
			continue;
		if (count < MAX_QUERY_TRIGRAMS)
			count++;
		else if (!is_rarer(&next, &chosen[count - 1]))
			continue;
		for (i = count - 1; i > 0 && is_rarer(&next, &chosen[i - 1]); i--)
			chosen[i] = chosen[i - 1];
		chosen[i] = next;
	}
	while (count > ENOUGH_TRIGRAMS && chosen[count - 1].share > COMMON_SHARE)
		count--;
	return count;
}

/* The last key is that of texts with too many trigrams. */
static Datum
extract_query(FunctionCallInfo fcinfo, bool without_accents)
{
	text	   *term = PG_GETARG_TEXT_PP(0);
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	bool	  **partial = (bool **) PG_GETARG_POINTER(3);
	int32	   *mode = (int32 *) PG_GETARG_POINTER(6);
	int			size = VARSIZE_ANY_EXHDR(term);
	uint32	   *characters = palloc_extended(sizeof(uint32) * (size + 1), MCXT_ALLOC_HUGE);
	int			length = fold_text(VARDATA_ANY(term), size, without_accents, characters);
	TermTrigram chosen[MAX_QUERY_TRIGRAMS];
	int			trigrams = choose_trigrams(chosen, characters, length);
	int64	   *keys;

	if (length == 0)
	{
		*count = 0;
		*mode = GIN_SEARCH_MODE_ALL;
		PG_RETURN_POINTER(NULL);
	}
	if (length < 3)
	{
		chosen[0] = weigh_trigram(characters, length);
		trigrams = 1;
	}
	keys = palloc(sizeof(int64) * (trigrams + 1));
	for (int i = 0; i < trigrams; i++)
		keys[i] = chosen[i].trigram;
	keys[trigrams] = TRIGRAM_COUNTLESS;
	*count = trigrams + 1;
	if (length < 3)
	{
		*partial = palloc0(sizeof(bool) * (trigrams + 1));
		(*partial)[0] = true;
	}
	pfree(characters);
	PG_RETURN_POINTER(keys);
}

/*
 * trigram_extract_query(text, internal, smallint, internal, internal, internal, internal)
 * returns internal
 */
Datum
tc_trigram_extract_query(PG_FUNCTION_ARGS)
{
	return extract_query(fcinfo, false);
}

/*
 * plain_extract_query(text, internal, smallint, internal, internal, internal, internal)
 * returns internal
 */
Datum
tc_plain_extract_query(PG_FUNCTION_ARGS)
{
	return extract_query(fcinfo, true);
}

/*
 * trigram_consistent(internal, smallint, text, integer, internal, internal, internal)
 * returns "char"
 *
 * Ternary logic: GIN's "triConsistent".
 */
Datum
tc_trigram_consistent(PG_FUNCTION_ARGS)
{
	GinTernaryValue *check = (GinTernaryValue *) PG_GETARG_POINTER(0);
	int			count = PG_GETARG_INT32(3);

	if (count == 0 || check[count - 1] != GIN_FALSE)
		PG_RETURN_GIN_TERNARY_VALUE(GIN_MAYBE);
	for (int i = 0; i < count - 1; i++)
	{
		if (check[i] == GIN_FALSE)
			PG_RETURN_GIN_TERNARY_VALUE(GIN_FALSE);
	}
	PG_RETURN_GIN_TERNARY_VALUE(GIN_MAYBE);
}

/*
 * trigram_compare_partial(bigint, bigint, smallint, internal) returns integer
 *
 * Tests whether an index entry begins with the one or two characters of a term.
 */
Datum
tc_trigram_compare_partial(PG_FUNCTION_ARGS)
{
	uint64		wanted = (uint64) PG_GETARG_INT64(0);
	uint64		entry = (uint64) PG_GETARG_INT64(1);
	int			missing = (wanted >> TRIGRAM_CHARACTER_BITS & TRIGRAM_CHARACTER_MASK) == 0 ? 2 : 1;
	uint64		beginning = entry >> (TRIGRAM_CHARACTER_BITS * missing);

	wanted >>= TRIGRAM_CHARACTER_BITS * missing;
	PG_RETURN_INT32((beginning > wanted) - (beginning < wanted));
}
