/*
 * mention_scan.h
 *		Where a text mentions somebody.
 *
 * Needs no server, so that it can be fuzzed.
 */
#ifndef TASKCRM_MENTION_SCAN_H
#define TASKCRM_MENTION_SCAN_H

/* An email that is longer is refused by the table: a longer text is nobody's. */
#define MENTION_MAX_LENGTH 254

/* What a character is to a mention. */
typedef enum MentionKind
{
	MENTION_OTHER,				/* punctuation that no email has; part of a URL */
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

/* Spellings in the order of their mentions, and of one mention from short to long. */
typedef struct MentionScan
{
	MentionSpelling *spellings;
	int			count;
	int			size;
} MentionScan;

extern uint8 *mention_kinds(const uint32 *codes, int length);
extern void mention_scan(MentionScan *scan, const uint32 *codes, int length);

#endif
