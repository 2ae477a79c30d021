/*
 * fuzz_mention.c
 *		Any text as a comment: mentions lie within it, in order, and their number is limited.
 *
 * links: src/task/mention_scan.c src/task/mention_text.c src/base/character.c
 */
#include "postgres.h"

#include "base/character.h"
#include "task/mention_scan.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

int			LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

static void
check_spelling(const MentionScan *scan, int i, int length)
{
	const MentionSpelling *spelling = &scan->spellings[i];
	const MentionSpelling *before = spelling - 1;

	REQUIRE(spelling->start > 0 && spelling->length > 0 && spelling->length <= MENTION_MAX_LENGTH);
	REQUIRE(spelling->start + spelling->length <= length);
	if (i > 0)
	{
		REQUIRE(spelling->start >= before->start);
		REQUIRE(spelling->start > before->start || spelling->length > before->length);
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	uint32	   *codes = malloc(sizeof(uint32) * (size + 1));
	int			length = character_decode((const char *) data, (int) size, codes);
	MentionScan scan;

	REQUIRE(length >= 0 && length <= (int) size);
	mention_scan(&scan, codes, length);
	/* Each character can belong to the spellings of at most two @. */
	REQUIRE(scan.count <= 2 * length);
	for (int i = 0; i < scan.count; i++)
		check_spelling(&scan, i, length);
	free(scan.spellings);
	free(codes);
	return 0;
}
