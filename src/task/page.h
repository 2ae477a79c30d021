/*
 * page.h
 *		Reading a page of tasks.
 */
#ifndef TASKCRM_PAGE_H
#define TASKCRM_PAGE_H

#include "task/filter.h"

typedef enum PageWhat
{
	PAGE_TASKS,					/* the columns of task_field_select_list() */
	PAGE_IDS,
	PAGE_COUNT					/* how many there are on all pages */
} PageWhat;

extern void page_run(const TaskFilters *filters, const pg_uuid_t *org_id, PageWhat what, int64 limit);

#endif
