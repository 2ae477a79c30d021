/*
 * list_page.c
 *		Reads a page of tasks.
 *
 * A page with an offset is read in two steps: first the ids of its tasks, which an index
 * may contain, and then those tasks.  In one step, the skipped tasks would be fetched
 * too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "db/plan.h"
#include "task/list_page.h"
#include "task/list_query.h"
#include "task/task_fields.h"

static void build_fetch_rows(KeptPlan *plan, StringInfo sql);

static KeptPlan fetch_plan = {.mode = OWNER_TENANT, .build = build_fetch_rows};

/* $1 organization, $2 tasks, in the wanted order. */
static void
build_fetch_rows(KeptPlan *plan, StringInfo sql)
{
	appendStringInfoString(sql, "SELECT ");
	task_field_select_list(sql);
	appendStringInfoString(sql, " FROM pg_catalog.unnest($2) WITH ORDINALITY AS p (id, place)"
						   " JOIN taskcrm.task t ON t.org_id = $1 AND t.id = p.id ORDER BY p.place");
	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDARRAYOID;
}

/*
 * Lists the parts of a list that its page is read from, in order.  Returns their number.
 */
static int
list_parts(const TaskFilters *filters, ListQueryPart parts[2])
{
	const TaskCursor *cursor = &filters->cursor;

	parts[0] = PART_WHOLE;
	if (!cursor->has_row)
		return 1;

	parts[0] = PART_AFTER;
	if (!list_order_begins_with_nulls(&filters->order))
		return 1;

	/* As in the server: NULLs are last ascending, first descending. */
	if (cursor->is_null[0])
	{
		parts[0] = PART_NULLS_AFTER;
		parts[1] = PART_NOT_NULLS;
		return filters->order.keys[0].descending ? 2 : 1;
	}
	parts[1] = PART_NULLS;
	return filters->order.keys[0].descending ? 1 : 2;
}

static void
take_rows(PageRows *page)
{
	uint64		count = page->count + SPI_processed;

	page->desc = SPI_tuptable->tupdesc;
	if (page->count == 0)
		page->rows = SPI_tuptable->vals;
	else
	{
		HeapTuple  *rows = palloc_extended(sizeof(HeapTuple) * Max(count, 1), MCXT_ALLOC_HUGE);

		memcpy(rows, page->rows, sizeof(HeapTuple) * page->count);
		memcpy(rows + page->count, SPI_tuptable->vals, sizeof(HeapTuple) * SPI_processed);
		page->rows = rows;
	}
	page->count = count;
}

static void
read_parts(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id, ListQueryKind what, int64 limit)
{
	ListQueryPart	parts[2];
	int			count = list_parts(filters, parts);

	page->desc = NULL;
	page->rows = NULL;
	page->count = 0;
	for (int i = 0; i < count && page->count < (uint64) limit; i++)
	{
		list_query_run(filters, org_id, what, parts[i], limit - (int64) page->count, filters->offset);
		take_rows(page);
	}
}

/* Replaces rows of ids by rows of tasks. */
static void
fetch_tasks(PageRows *page, const pg_uuid_t *org_id)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(page->count, 1));
	Datum		values[2];
	bool		isnull;

	for (uint64 i = 0; i < page->count; i++)
		ids[i] = SPI_getbinval(page->rows[i], page->desc, 1, &isnull);
	values[0] = UUIDPGetDatum(org_id);
	values[1] = PointerGetDatum(tc_uuid_array(ids, (int) page->count));
	plan_run(&fetch_plan, values, NULL, true);
	page->count = 0;
	take_rows(page);
}

/*
 * Reads the tasks of a page, with the columns of task_field_select_list().  limit: number
 * of rows, which may be one more than the page has.  Needs an API call in progress.
 */
void
list_page_read(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id, int64 limit)
{
	if (filters->offset == 0)
		read_parts(page, filters, org_id, LIST_QUERY_TASKS, limit);
	else
	{
		read_parts(page, filters, org_id, LIST_QUERY_IDS, limit);
		if (page->count > 0)
			fetch_tasks(page, org_id);
	}
}

/* Reads the ids of the tasks of a page.  Needs an API call in progress. */
void
list_page_read_ids(PageRows *page, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	read_parts(page, filters, org_id, LIST_QUERY_IDS, filters->limit);
}

/*
 * Reads a page of filters->limit tasks, and one more row, which shows whether there is a next
 * page.  Needs an API call in progress.
 */
void
list_page_read_whole(TaskPage *page, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	int64		limit = filters->limit;

	memset(page, 0, sizeof(*page));
	if (limit > 0)
	{
		list_page_read(&page->rows, filters, org_id, limit + 1);
		page->more = page->rows.count > (uint64) limit;
		page->count = page->more ? (uint64) limit : page->rows.count;
	}
	if (page->more && filters->cursor.given)
		page->next_cursor = list_cursor_write(&filters->order, list_filter_fingerprint(filters),
											  page->rows.rows[page->count - 1], page->rows.desc);
}
