/*
 * search_casefold.h
 *		Reads the characters of a text, ignoring case.
 */
#ifndef TASKCRM_SEARCH_CASEFOLD_H
#define TASKCRM_SEARCH_CASEFOLD_H

/* The position of the next character in a text. */
typedef struct FoldReader
{
	const unsigned char *next;
	const unsigned char *end;
	int			encoding;
} FoldReader;

extern uint32 fold_character(uint32 code);
extern void fold_begin(FoldReader *reader, const char *text, int size);
extern uint32 fold_next(FoldReader *reader);
extern int	fold_text(const char *text, int size, uint32 *characters);

#endif
