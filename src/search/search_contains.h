/*
 * search_contains.h
 *		Tests whether one text contains another, literally and ignoring case, or case and
 *		accents.
 */
#ifndef TASKCRM_SEARCH_CONTAINS_H
#define TASKCRM_SEARCH_CONTAINS_H

#include "fmgr.h"

extern Datum tc_text_contains(PG_FUNCTION_ARGS);
extern Datum tc_text_contains_unaccented(PG_FUNCTION_ARGS);

#endif
