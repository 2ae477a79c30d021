/*
 * event_filter.c
 *		Filters of the tasks whose events are wanted.
 *
 * They are those of tc_list_tasks() that restrict which tasks there are.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "event/event_filter.h"

/*
 * Returns filters that are sent as an object, or as a string that contains one.  Raises
 * 22023, and 22P02 for a string that is no JSON.
 */
Jsonb *
event_filter_of_value(const JsonReadKey *key, const JsonbValue *value)
{
	if (value->type == jbvString)
		return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json_read_string(key, value))));
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not an object.", "Send filters as for tc_list_tasks().");
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
