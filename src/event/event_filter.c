/*
 * event_filter.c
 *		Filters of the tasks whose events are wanted.
 *
 * They are those of tc_list_tasks() that restrict which tasks there are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "db/plan.h"
#include "event/event_filter.h"
#include "task/event_row.h"

/* $2: events.  Those that the caller sees. */
static KeptPlan visible_plan = TENANT_PLAN(
	"SELECT e.id FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id = ANY ($2) AND " EVENT_IS_VISIBLE("e"),
	2, UUIDOID, UUIDARRAYOID);

/*
 * $2: events about views.  A team may have changed since, so of those that were shared with one, all
 * are meant.
 */
static KeptPlan known_views_plan = TENANT_PLAN(
	"SELECT DISTINCT e.subject_id FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id = ANY ($2)"
	" AND (" EVENT_VIEW_OWNER("e") " = taskcrm.tc_current_user()::text OR coalesce(" EVENT_SHARED_BEFORE("e") ", 'me') <> 'me')",
	2, UUIDOID, UUIDARRAYOID);

#define FILTERS_HINT "Send filters as for tc_list_tasks(), as a JSON object."

/*
 * Returns filters that are sent as an object, or as a string that contains one.  Raises
 * 22023, and 22P02 for a string that is no JSON.
 */
Jsonb *
event_filter_of_value(const JsonReadKey *key, const JsonbValue *value)
{
	if (value->type == jbvString)
		return json_read_text(key, value, FILTERS_HINT);
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not an object.", FILTERS_HINT);
	return JsonbValueToJsonb(unconstify(JsonbValue *, value));
}

/*
 * Raises 22023 for filters that are not valid, or that choose a page of a list.  Needs an API
 * call in progress.
 */
void
event_filter_check(const JsonReadKey *key, Jsonb *filters, const Identity *identity)
{
	static const char *const paging[] = {"ids", "limit", "offset", "cursor", "ordering", "count", "expand"};
	TaskFilters read;

	for (int i = 0; i < (int) lengthof(paging); i++)
	{
		JsonbValue	name = {.type = jbvString};

		name.val.string.val = unconstify(char *, paging[i]);
		name.val.string.len = (int) strlen(paging[i]);
		if (JB_ROOT_IS_OBJECT(filters) && findJsonbValueFromContainer(&filters->root, JB_FOBJECT, &name) != NULL)
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
							  psprintf("The key \"%s\" is not allowed here.", paging[i]),
							  "Send only keys that restrict which tasks there are.");
	}
	list_filter_read(&read, filters, identity);
}

/* Returns the filters for the tasks with these ids. */
static Jsonb *
filters_with_ids(Jsonb *filters, const pg_uuid_t *ids, int count)
{
	StringInfoData sent;
	Datum		own;

	initStringInfo(&sent);
	appendStringInfo(&sent, "{\"count\":\"none\",\"limit\":%d,\"ids\":[", count);
	for (int i = 0; i < count; i++)
	{
		char		id[TC_UUID_TEXT_LEN + 1];

		tc_uuid_format(&ids[i], id);
		appendStringInfo(&sent, "%s\"%s\"", i == 0 ? "" : ",", id);
	}
	appendStringInfoString(&sent, "]}");
	own = DirectFunctionCall1(jsonb_in, CStringGetDatum(sent.data));
	if (filters != NULL)
		own = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(filters), own);
	return DatumGetJsonbP(own);
}

/*
 * Reads those of some tasks that exist and pass filters.  filters: NULL for none; count: from 1
 * to taskcrm.max_limit.  Raises the errors of filters.  Needs an API call in progress.
 */
void
event_filter_read_tasks(PageRows *rows, Jsonb *filters, const pg_uuid_t *ids, int count, const Identity *identity)
{
	TaskFilters read;

	list_filter_read(&read, filters_with_ids(filters, ids, count), identity);
	list_page_read(rows, &read, &identity->org_id, read.limit);
}

/* Whether an event is about a view. */
static bool
is_of_view(const FeedEvent *event)
{
	return strncmp(event->type, "view.", 5) == 0;
}

/* Sets the first column, ids, of what a statement returns for the events about views of a page. */
static void
find_by_view_events(IdSet *found, KeptPlan *plan, const pg_uuid_t *org_id, const FeedPage *page)
{
	Datum		values[2] = {UUIDPGetDatum(org_id)};
	Datum	   *ids = palloc(sizeof(Datum) * (page->count + 1));
	pg_uuid_t  *rows;
	int			count = 0;
	bool		isnull;

	memset(found, 0, sizeof(*found));
	for (int i = 0; i < page->count; i++)
	{
		if (is_of_view(&page->events[i]))
			ids[count++] = UUIDPGetDatum(&page->events[i].place.id);
	}
	if (count == 0)
		return;
	values[1] = PointerGetDatum(tc_uuid_array(ids, count));
	plan_run(plan, values, NULL, true);
	rows = palloc(sizeof(pg_uuid_t) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
		rows[row] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
	id_set_make(found, rows, (int) SPI_processed);
}

/* Removes the events from a page that the caller may not see: those of views.  Needs an API call in progress. */
void
event_filter_drop_hidden(FeedPage *page, const pg_uuid_t *org_id)
{
	IdSet		visible;
	int			kept = 0;

	find_by_view_events(&visible, &visible_plan, org_id, page);
	for (int i = 0; i < page->count; i++)
	{
		if (!is_of_view(&page->events[i]) || id_set_position(&visible, &page->events[i].place.id) >= 0)
			page->events[kept++] = page->events[i];
	}
	page->count = kept;
}

/*
 * Sets the views that events of a page are about and that the caller may have seen before: those of
 * the caller, and those that were shared.  Needs an API call in progress.
 */
void
event_filter_known_views(IdSet *known, const pg_uuid_t *org_id, const FeedPage *page)
{
	find_by_view_events(known, &known_views_plan, org_id, page);
}
