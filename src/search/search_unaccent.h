/*
 * search_unaccent.h
 *		Letters without their accents.
 */
#ifndef TASKCRM_SEARCH_UNACCENT_H
#define TASKCRM_SEARCH_UNACCENT_H

/* What a mark becomes: no character has this code. */
#define UNACCENT_NOTHING PG_UINT32_MAX

extern uint32 unaccent_character(uint32 code, uint32 *second);

#endif
