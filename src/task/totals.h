/*
 * totals.h
 *		The numbers of a dashboard.
 */
#ifndef TASKCRM_TOTALS_H
#define TASKCRM_TOTALS_H

#include "task/filter.h"
#include "wire/json_out.h"

extern void totals_write(JsonOut *out, const TaskFilters *filters, const pg_uuid_t *org_id);

#endif
