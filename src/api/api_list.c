/*
 * api_list.c
 *		Lists of tasks: the operations of the API.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "base/settings.h"
#include "task/list_count.h"
#include "task/list_cursor.h"
#include "task/list_filter.h"
#include "task/list_link.h"
#include "task/list_page.h"
#include "task/list_paging.h"
#include "task/list_totals.h"
#include "task/task_json.h"

PG_FUNCTION_INFO_V1(tc_list_tasks);
PG_FUNCTION_INFO_V1(tc_find_task_ids);

/* Returns whether the page reaches the end of the list. */
static bool
begins_at_offset(const TaskPage *page, const TaskFilters *filters)
{
	if (filters->cursor.has_row)
		return false;
	return page->count > 0 || filters->offset == 0;
}

/*
 * Returns the number of tasks on all pages.  A last page that is not empty gives it
 * without counting.
 */
static int64
count_tasks(const TaskPage *page, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	int64		seen = filters->offset + (int64) page->count;

	if (filters->count == COUNT_NONE)
		return -1;
	if (filters->limit > 0 && !page->more && begins_at_offset(page, filters))
		return seen;
	if (filters->count == COUNT_EXACT)
		return list_count_exactly(filters, org_id);
	return list_count_roughly(filters, org_id);
}

/* Returns the link to another page. */
static char *
link_to_page(const TaskFilters *filters, int64 offset, const char *cursor)
{
	StringInfoData link;

	initStringInfo(&link);
	list_link_append(&link, filters, offset, cursor);
	return link.data;
}

static void
write_list_envelope(JsonWriter *out, const TaskFilters *filters, const pg_uuid_t *org_id,
					const TaskPage *page)
{
	ListEnvelope envelope = {.total = count_tasks(page, filters, org_id), .by_cursor = filters->cursor.given, .next_cursor = page->next_cursor};

	/*
	 * A page without rows has no next or previous page, and offset + limit cannot
	 * overflow.
	 */
	if (page->more)
		envelope.next = link_to_page(filters, filters->offset + filters->limit, page->next_cursor);
	if (filters->offset > 0 && filters->limit > 0)
		envelope.previous = link_to_page(filters, Max(filters->offset - filters->limit, 0), NULL);
	list_envelope_begin(out, &envelope);
	task_json_write(out, org_id, page->rows.rows, page->rows.desc, page->count, filters->expand);
	list_envelope_end_results(out, &envelope);
	if (filters->totals)
	{
		json_write_key(out, "totals");
		list_totals_write(out, filters, org_id);
	}
	json_write_close(out, '}');
}

/*
 * Returns the requested page of tasks as JSON.  json: the filters, NULL for none.  Raises
 * the errors of api_begin() and list_filter_read().
 */
Datum
api_list_tasks(Jsonb *json)
{
	TaskFilters filters;
	TaskPage	page;
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	list_filter_read(&filters, json, &call.identity);
	list_page_read_whole(&page, &filters, &call.identity.org_id);
	write_list_envelope(&out, &filters, &call.identity.org_id, &page);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_list_tasks(filters jsonb) returns json
 */
Datum
tc_list_tasks(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_tasks(ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_find_task_ids(filters jsonb) returns setof uuid
 */
Datum
tc_find_task_ids(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TaskFilters filters;
	PageRows	page;
	ApiCall		call;

	FORWARD_CALL();
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	api_begin(&call);
	list_filter_read(&filters, ARGUMENT_JSONB_OR_NULL(0), &call.identity);
	/* The reader of the rows, such as PostgREST, pages them; do not page twice. */
	if (!filters.limit_given)
		filters.limit = settings_max_limit;
	list_page_read_ids(&page, &filters, &call.identity.org_id);
	for (uint64 row = 0; row < page.count; row++)
	{
		bool		isnull;
		Datum		id = SPI_getbinval(page.rows[row], page.desc, 1, &isnull);

		tuplestore_putvalues(result->setResult, result->setDesc, &id, &isnull);
	}
	api_end(&call);
	return (Datum) 0;
}
