/*
 * suppressed_row.h
 *		Detects rows that a user-defined trigger or rule keeps from being written.
 */
#ifndef TASKCRM_SUPPRESSED_ROW_H
#define TASKCRM_SUPPRESSED_ROW_H

#include "base/compat.h"

extern bool suppress_is_possible(const char *table);
extern bool suppress_may_interfere(const char *table);
tc_noreturn extern void suppress_raise(const char *table);

#endif
