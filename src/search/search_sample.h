/*
 * search_sample.h
 *		Finds out which terms, and which of their trigrams, are common in titles.
 */
#ifndef TASKCRM_SEARCH_SAMPLE_H
#define TASKCRM_SEARCH_SAMPLE_H

extern void sample_init(void);
extern bool sample_is_common(const char *term, bool without_accents);
extern double sample_share_of(int64 trigram);

#endif
