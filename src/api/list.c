/*
 * list.c
 *		Listing tasks.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "api/call.h"
#include "db/plan.h"
#include "task/filter.h"
#include "task/json.h"
#include "task/page.h"

PG_FUNCTION_INFO_V1(tc_list_tasks);
PG_FUNCTION_INFO_V1(tc_find_task_ids);

/* The page, read. */
typedef struct TaskPage
{
	SPITupleTable *rows;
	uint64		count;			/* of rows on the page */
	bool		more;			/* there is a page after it */
	int64		total;			/* on all pages, or -1 if not counted */
} TaskPage;

static Jsonb *
get_filters(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
}

static int64
count_tasks(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	bool		isnull;

	page_run(filters, org_id, PAGE_COUNT, 0);
	return DatumGetInt64(plan_value(0, 1, &isnull));
}

/*
 * Reads the page and one row beyond it, which tells whether there is a next page.
 * A last page that is not empty tells the total by itself.
 */
static void
read_page(TaskPage *page, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	int64		limit = filters->limit;

	page->rows = NULL;
	page->count = 0;
	page->more = false;
	if (limit > 0)
	{
		page_run(filters, org_id, PAGE_TASKS, limit + 1);
		page->rows = SPI_tuptable;
		page->more = SPI_processed > (uint64) limit;
		page->count = page->more ? (uint64) limit : SPI_processed;
	}

	if (filters->count == COUNT_NONE)
		page->total = -1;
	else if (limit > 0 && !page->more && (page->count > 0 || filters->offset == 0))
		page->total = filters->offset + (int64) page->count;
	else
		page->total = count_tasks(filters, org_id);
}

static void
write_link(JsonOut *out, const char *key, const TaskFilters *filters, bool exists, int64 offset)
{
	StringInfoData link;

	json_out_key(out, key);
	if (!exists)
	{
		json_out_null(out);
		return;
	}
	initStringInfo(&link);
	filter_append_link(&link, filters, offset);
	json_out_string(out, link.data);
}

static void
write_envelope(JsonOut *out, const TaskFilters *filters, const pg_uuid_t *org_id,
			   const TaskPage *page)
{
	json_out_open(out, '{');
	json_out_key(out, "count");
	if (page->total < 0)
		json_out_null(out);
	else
		json_out_int(out, page->total);
	/* A page without rows has no neighbours; nor can offset + limit overflow then. */
	write_link(out, "next", filters, page->more,
			   page->more ? filters->offset + filters->limit : 0);
	write_link(out, "previous", filters, filters->offset > 0 && filters->limit > 0,
			   Max(filters->offset - filters->limit, 0));
	json_out_key(out, "results");
	json_out_open(out, '[');
	task_json_write(out, org_id, page->rows, page->count);
	json_out_close(out, ']');
	json_out_close(out, '}');
}

/*
 * tc_list_tasks(filters jsonb) returns json
 */
Datum
tc_list_tasks(PG_FUNCTION_ARGS)
{
	TaskFilters filters;
	TaskPage	page;
	ApiCall		call;
	JsonOut		out;

	json_out_begin(&out);
	api_begin(&call);
	filter_read(&filters, get_filters(fcinfo), &call.identity);
	read_page(&page, &filters, &call.identity.org_id);
	write_envelope(&out, &filters, &call.identity.org_id, &page);
	api_end(&call);
	return json_out_end(&out);
}

/*
 * tc_find_task_ids(filters jsonb) returns setof uuid
 */
Datum
tc_find_task_ids(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TaskFilters filters;
	ApiCall		call;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	api_begin(&call);
	filter_read(&filters, get_filters(fcinfo), &call.identity);
	page_run(&filters, &call.identity.org_id, PAGE_IDS, filters.limit);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		Datum		id = plan_value(row, 1, &isnull);

		tuplestore_putvalues(result->setResult, result->setDesc, &id, &isnull);
	}
	api_end(&call);
	return (Datum) 0;
}
