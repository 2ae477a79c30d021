/*
 * character.h
 *		Characters by their Unicode code points: their classes, and texts as code points.
 */
#ifndef TASKCRM_CHARACTER_H
#define TASKCRM_CHARACTER_H

/* Above Unicode: marks a byte that is part of no character. */
#define BROKEN_BYTE 0x110000

typedef enum CharacterClass
{
	CHARACTER_OTHER,			/* punctuation, private use, not assigned */
	CHARACTER_SPACE,			/* White_Space, and what looks like it */
	CHARACTER_HIDDEN,			/* controls and Default_Ignorable_Code_Point */
	CHARACTER_LETTER,			/* letters and numbers */
	CHARACTER_UNSPACED,			/* the same, of scripts written without spaces */
	CHARACTER_MARK,				/* combining marks */
	CHARACTER_SYMBOL			/* symbols, emoji */
} CharacterClass;

extern CharacterClass character_class(uint32 code);
extern int	character_decode(const char *text, int size, uint32 *codes);

/* In code_point.c, which depends on the server. */
extern uint32 code_point_next(const char *text, const char *end, int *size);
extern uint32 *code_points(const char *text, int size, int *length);
extern bool text_is_blank(const char *text, int size);
extern char *text_in_utf8(const char *text);
extern char *text_in_utf8_lossy(const char *text);

#endif
