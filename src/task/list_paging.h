/*
 * list_paging.h
 *		How lists are paged: the keys that all of them have, and the envelope of a page.
 */
#ifndef TASKCRM_LIST_PAGING_H
#define TASKCRM_LIST_PAGING_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "task/list_filter.h"
#include "wire/json_write.h"

/* The requested page of a list. */
typedef struct ListPaging
{
	int64		limit;
	int64		offset;
	bool		has_offset;
	TaskCountMode count;
	const char *sent_count;		/* NULL for none */
	const char *sent_cursor;	/* NULL: paged by offset */
} ListPaging;

/* What surrounds the results of a page. */
typedef struct ListEnvelope
{
	int64		total;			/* on all pages, or -1 if not counted */
	const char *next;			/* links to other pages, or NULL */
	const char *previous;
	bool		by_cursor;
	const char *next_cursor;	/* NULL at the end */
} ListEnvelope;

extern void list_paging_begin(ListPaging *paging);
extern bool list_paging_read(ListPaging *paging, const char *name, const JsonbValue *value);
extern void list_paging_check(const ListPaging *paging);
extern bool list_paging_gives_total(const ListPaging *paging, uint64 rows, bool more, int64 *total);
extern void list_paging_append(StringInfo link, char separator, const ListPaging *paging, int64 offset,
							   const char *cursor);

extern void list_envelope_begin(JsonWriter *out, const ListEnvelope *envelope);
extern void list_envelope_end_results(JsonWriter *out, const ListEnvelope *envelope);
extern void list_envelope_end(JsonWriter *out, const ListEnvelope *envelope);

#endif
