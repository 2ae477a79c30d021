/*
 * list_count.h
 *		Counts the tasks on all pages of a list.
 */
#ifndef TASKCRM_LIST_COUNT_H
#define TASKCRM_LIST_COUNT_H

#include "task/list_filter.h"

extern int64 list_count_exactly(const TaskFilters *filters, const pg_uuid_t *org_id);
extern int64 list_count_roughly(const TaskFilters *filters, const pg_uuid_t *org_id);

#endif
