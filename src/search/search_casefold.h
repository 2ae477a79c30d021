/*
 * search_casefold.h
 *		Reads the characters of a text, ignoring case, and accents if wanted.
 */
#ifndef TASKCRM_SEARCH_CASEFOLD_H
#define TASKCRM_SEARCH_CASEFOLD_H

/* The position of the next character in a text. */
typedef struct FoldReader
{
	const unsigned char *next;
	const unsigned char *end;
	int			encoding;
	bool		without_accents;
	uint32		pending;		/* a second character of the last one, or 0 */
} FoldReader;

extern uint32 fold_character(uint32 code);
extern void fold_begin(FoldReader *reader, const char *text, int size, bool without_accents);
extern bool fold_next(FoldReader *reader, uint32 *character);
extern int	fold_text(const char *text, int size, bool without_accents, uint32 *characters);

#endif
