/*
 * mention_scan.h
 *		Where a text mentions somebody.
 *
 * Does not depend on the server, so that it can be fuzzed.
 */
#ifndef TASKCRM_MENTION_SCAN_H
#define TASKCRM_MENTION_SCAN_H

/* The table rejects longer emails, so a longer text matches nobody. */
#define MENTION_MAX_LENGTH 254

/* What a character means to the grammar of mentions. */
typedef enum MentionKind
{
	MENTION_OTHER,				/* punctuation that does not occur in emails; part of a
								 * URL */
	MENTION_SPACE,
	MENTION_CODE,				/* in a code span or block */
	MENTION_INVISIBLE,			/* bidirectional controls and the like */
	MENTION_AT,
	MENTION_DOT,
	MENTION_JOINT,				/* other punctuation of an email's local part */
	MENTION_SYMBOL,
	MENTION_LETTER,
	MENTION_UNSPACED,			/* a letter of a script that is written without spaces */
	MENTION_MARK
} MentionKind;

/* One way to read a mention: what may be an email or a local part. */
typedef struct MentionSpelling
{
	int			start;			/* first character; the same for all of one mention */
	int			length;
} MentionSpelling;

/* Spellings in the order of their mentions, and for each mention from short to long. */
typedef struct MentionScan
{
	MentionSpelling *spellings;
	int			count;
	int			size;
} MentionScan;

extern uint8 *mention_kinds(const uint32 *codes, int length);
extern void mention_scan(MentionScan *scan, const uint32 *codes, int length);

#endif
