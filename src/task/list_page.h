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

/* A page of tasks, and whether there is another one after it. */
typedef struct TaskPage
{
	PageRows	rows;			/* may have one row more than the page */
	uint64		count;			/* number of rows on the page */
	bool		more;			/* there is a next page */
	char	   *next_cursor;	/* NULL at the end, or if not paged by cursor */
} TaskPage;

extern void list_page_read_whole(TaskPage *page, const TaskFilters *filters, const pg_uuid_t *org_id);
extern void list_page_read(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id, int64 limit);
extern void list_page_read_ids(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id);

#endif
