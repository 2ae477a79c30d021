/*
 * list_page.h
 *		Reads a page of tasks.
 */
#ifndef TASKCRM_LIST_PAGE_H
#define TASKCRM_LIST_PAGE_H

#include "access/htup.h"
#include "access/tupdesc.h"

#include "task/list_filter.h"

/* The rows of a page in order; valid until SPI_finish(). */
typedef struct PageRows
{
	TupleDesc	desc;			/* NULL if nothing was read */
	HeapTuple  *rows;
	uint64		count;
} PageRows;

extern void list_page_read(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id, int64 limit);
extern void list_page_read_ids(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id);

#endif
