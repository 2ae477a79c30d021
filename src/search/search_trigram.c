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
 * A trigram is stored as a bigint with the first character in the highest bits, so that
 * trigrams with a common prefix are adjacent in the index.
 */
#include "postgres.h"

#include "access/gin.h"
#include "access/stratnum.h"
#include "fmgr.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "search/search_casefold.h"

PG_FUNCTION_INFO_V1(tc_trigram_extract_value);
PG_FUNCTION_INFO_V1(tc_trigram_extract_query);
PG_FUNCTION_INFO_V1(tc_plain_extract_value);
PG_FUNCTION_INFO_V1(tc_plain_extract_query);
PG_FUNCTION_INFO_V1(tc_trigram_consistent);
PG_FUNCTION_INFO_V1(tc_trigram_compare_partial);

#define CHARACTER_BITS 21
#define CHARACTER_MASK ((UINT64CONST(1) << CHARACTER_BITS) - 1)

/* More distinct trigrams than a natural text of any length has. */
#define MAX_VALUE_TRIGRAMS 20000
/* A text with more is indexed under this key instead, which every search includes. */
#define COUNTLESS PG_INT64_MAX

/*
 * So many trigrams of a term are looked up, the least common ones.  They leave few false
 * matches, and each further one is read to its end if it is common.
 */
#define MAX_QUERY_TRIGRAMS 6

/* The last three characters, and the trigrams so far. */
typedef struct TrigramWriter
{
	uint64		window;
	int64	   *trigrams;
	int			count;
	int			size;
	bool		countless;
} TrigramWriter;

/*
 * A character in 21 bits, enough for Unicode; in other encodings two characters may
 * collide.
 */
static uint64
narrow_trigrams(uint32 character)
{
	if (character < CHARACTER_MASK)
		return character;
	return 1 + character % (CHARACTER_MASK - 1);
}

static int
compare_trigrams(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* Sorts the trigrams and removes duplicates. */
static void
make_unique(TrigramWriter *writer)
{
	int			count = 0;

	qsort(writer->trigrams, writer->count, sizeof(int64), compare_trigrams);
	for (int i = 0; i < writer->count; i++)
	{
		if (count == 0 || writer->trigrams[i] != writer->trigrams[count - 1])
			writer->trigrams[count++] = writer->trigrams[i];
	}
	writer->count = count;
}

/* Adds the window's trigram to those of the text. */
static void
add_window(TrigramWriter *writer)
{
	if (writer->count == writer->size)
	{
		CHECK_FOR_INTERRUPTS();
		make_unique(writer);
		if (writer->count > MAX_VALUE_TRIGRAMS)
		{
			writer->countless = true;
			return;
		}
	}
	writer->trigrams[writer->count++] = (int64) writer->window;
}

/* Moves the window by one character; 0 after the end. */
static void
push_trigram(TrigramWriter *writer, uint64 character)
{
	uint64		kept = writer->window & (CHARACTER_MASK << CHARACTER_BITS | CHARACTER_MASK);

	writer->window = kept << CHARACTER_BITS | character;
}

static Datum
extract_value(FunctionCallInfo fcinfo, bool without_accents)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	int			size = VARSIZE_ANY_EXHDR(value);
	TrigramWriter writer = {0};
	FoldReader	reader;
	uint32		character;
	int			seen = 0;

	/*
	 * Room for all trigrams of a short text, and for removing duplicates of a long one.
	 */
	writer.size = Min(size + 2, 4 * MAX_VALUE_TRIGRAMS);
	writer.trigrams = palloc(sizeof(int64) * writer.size);
	fold_begin(&reader, VARDATA_ANY(value), size, without_accents);
	while (!writer.countless && fold_next(&reader, &character))
	{
		push_trigram(&writer, narrow_trigrams(character));
		if (++seen >= 3)
			add_window(&writer);
	}
	/*
	 * The trigrams that begin at the last two characters, and of a text of only one or
	 * two.
	 */
	for (int i = 0; i < 2 && seen > 0 && !writer.countless; i++)
	{
		push_trigram(&writer, 0);
		if (++seen >= 3)
			add_window(&writer);
	}
	make_unique(&writer);
	if (writer.countless || writer.count > MAX_VALUE_TRIGRAMS)
	{
		writer.trigrams[0] = COUNTLESS;
		writer.count = 1;
	}
	PG_FREE_IF_COPY(value, 0);

	*count = writer.count;
	if (writer.count == 0)
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(writer.trigrams);
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

/* A trigram of consecutive characters; with a length below 3, its prefix. */
static uint64
trigram_of(const uint32 *characters, int length)
{
	uint64		trigram = 0;

	for (int i = 0; i < 3; i++)
		trigram = trigram << CHARACTER_BITS | (i < length ? narrow_trigrams(characters[i]) : 0);
	return trigram;
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

static int
trigram_commonness(const uint32 *characters)
{
	return commonness(characters[0]) + commonness(characters[1]) + commonness(characters[2]);
}

/*
 * Sets the places of the least common trigrams of a term of at least three characters, and
 * returns their number.  places: room for MAX_QUERY_TRIGRAMS.
 */
static int
choose_trigrams(const uint32 *characters, int length, int *places)
{
	int			chosen = 0;

	for (int place = 0; place + 3 <= length; place++)
	{
		int			common = trigram_commonness(characters + place);
		int			i = Min(chosen, MAX_QUERY_TRIGRAMS - 1);

		if (chosen == MAX_QUERY_TRIGRAMS && trigram_commonness(characters + places[i]) <= common)
			continue;
		while (i > 0 && trigram_commonness(characters + places[i - 1]) > common)
		{
			places[i] = places[i - 1];
			i--;
		}
		places[i] = place;
		chosen = Min(chosen + 1, MAX_QUERY_TRIGRAMS);
	}
	return chosen;
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
	int			places[MAX_QUERY_TRIGRAMS] = {0};
	int			trigrams = Max(choose_trigrams(characters, length, places), 1);
	int64	   *keys;

	if (length == 0)
	{
		*count = 0;
		*mode = GIN_SEARCH_MODE_ALL;
		PG_RETURN_POINTER(NULL);
	}
	keys = palloc(sizeof(int64) * (trigrams + 1));
	for (int i = 0; i < trigrams; i++)
		keys[i] = (int64) trigram_of(characters + places[i], length - places[i]);
	keys[trigrams] = COUNTLESS;
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
	int			missing = (wanted >> CHARACTER_BITS & CHARACTER_MASK) == 0 ? 2 : 1;
	uint64		beginning = entry >> (CHARACTER_BITS * missing);

	wanted >>= CHARACTER_BITS * missing;
	PG_RETURN_INT32((beginning > wanted) - (beginning < wanted));
}
