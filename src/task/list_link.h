/*
 * list_link.h
 *		Links to other pages of a list.
 */
#ifndef TASKCRM_LIST_LINK_H
#define TASKCRM_LIST_LINK_H

#include "lib/stringinfo.h"

#include "task/list_filter.h"

extern void list_link_append(StringInfo uri, const TaskFilters *filters, int64 offset,
							 const char *cursor);

#endif
