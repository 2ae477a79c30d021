/*
 * search_trigram_set.c
 *		The trigrams of a text: each three consecutive characters, folded as searches fold
 *		them, with nothing (0) after its end.
 *
 * "Call" has cal, all, ll and l.  A trigram is a bigint with the first character in the
 * highest bits, so that trigrams with a common prefix are adjacent in an index.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "search/search_casefold.h"
#include "search/search_trigram_set.h"

/* More distinct trigrams than a natural text of any length has. */
#define MAX_TEXT_TRIGRAMS 20000

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
	if (character < TRIGRAM_CHARACTER_MASK)
		return character;
	return 1 + character % (TRIGRAM_CHARACTER_MASK - 1);
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
		if (writer->count > MAX_TEXT_TRIGRAMS)
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
	uint64		kept = writer->window & (TRIGRAM_CHARACTER_MASK << TRIGRAM_CHARACTER_BITS | TRIGRAM_CHARACTER_MASK);

	writer->window = kept << TRIGRAM_CHARACTER_BITS | character;
}

/*
 * Returns the trigrams of a text of size bytes in the database encoding, each once and in
 * ascending order, palloc'ed; of a text with too many, TRIGRAM_COUNTLESS alone.
 * without_accents: those of the text without accents.  count: set to their number.
 */
int64 *
trigram_set_of(const char *text, int size, bool without_accents, int *count)
{
	TrigramWriter writer = {0};
	FoldReader	reader;
	uint32		character;
	int			seen = 0;

	/*
	 * Room for all trigrams of a short text, and for removing duplicates of a long one.
	 */
	writer.size = Min(size + 2, 4 * MAX_TEXT_TRIGRAMS);
	writer.trigrams = palloc(sizeof(int64) * writer.size);
	fold_begin(&reader, text, size, without_accents);
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
	if (writer.countless || writer.count > MAX_TEXT_TRIGRAMS)
	{
		writer.trigrams[0] = TRIGRAM_COUNTLESS;
		writer.count = 1;
	}
	*count = writer.count;
	return writer.trigrams;
}

/* Returns the trigram of consecutive folded characters; with a length below 3, its prefix. */
int64
trigram_of(const uint32 *characters, int length)
{
	uint64		trigram = 0;

	for (int i = 0; i < 3; i++)
		trigram = trigram << TRIGRAM_CHARACTER_BITS | (i < length ? narrow_trigrams(characters[i]) : 0);
	return (int64) trigram;
}
