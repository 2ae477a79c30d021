/*
 * search_rank.h
 *		How well a text matches a term, for ordering what a search finds.
 */
#ifndef TASKCRM_SEARCH_RANK_H
#define TASKCRM_SEARCH_RANK_H

extern int	search_rank(text *title, text *description, text *term, bool without_accents);

#endif
