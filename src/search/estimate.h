/*
 * estimate.h
 *		How many rows a search will find.
 */
#ifndef TASKCRM_ESTIMATE_H
#define TASKCRM_ESTIMATE_H

extern bool estimate_is_common(const char *column, Datum term);

#endif
