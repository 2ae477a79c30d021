/*
 * search_trigram_set.h
 *		The trigrams of a text.
 */
#ifndef TASKCRM_SEARCH_TRIGRAM_SET_H
#define TASKCRM_SEARCH_TRIGRAM_SET_H

#define TRIGRAM_CHARACTER_BITS 21
#define TRIGRAM_CHARACTER_MASK ((UINT64CONST(1) << TRIGRAM_CHARACTER_BITS) - 1)

/* Stands for the trigrams of a text that has too many; every search includes it. */
#define TRIGRAM_COUNTLESS PG_INT64_MAX

extern int64 *trigram_set_of(const char *text, int size, bool without_accents, int *count);
extern int64 trigram_of(const uint32 *characters, int length);

#endif
