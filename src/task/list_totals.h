/*
 * list_totals.h
 *		The totals for a dashboard.
 */
#ifndef TASKCRM_LIST_TOTALS_H
#define TASKCRM_LIST_TOTALS_H

#include "task/list_filter.h"
#include "wire/json_write.h"

extern void list_totals_write(JsonWriter *out, const TaskFilters *filters, const pg_uuid_t *org_id);

#endif
