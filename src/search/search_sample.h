/*
 * search_sample.h
 *		Finds out which terms are common in titles.
 */
#ifndef TASKCRM_SEARCH_SAMPLE_H
#define TASKCRM_SEARCH_SAMPLE_H

extern void sample_init(void);
extern bool sample_is_common(const char *term, bool without_accents);

#endif
