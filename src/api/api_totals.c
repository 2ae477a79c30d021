/*
 * api_totals.c
 *		Totals for a dashboard, and the current day.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "base/settings.h"
#include "task/list_filter.h"
#include "task/list_totals.h"
#include "wire/datetime.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_task_totals);
PG_FUNCTION_INFO_V1(tc_today);

/*
 * tc_today() returns date
 */
Datum
tc_today(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(datetime_today(settings_zone()));
}

/*
 * Returns the totals of the tasks that pass the filters as JSON.  json: the filters, NULL
 * for none.  Raises the errors of api_begin() and list_filter_read().
 *
 * Keys that only affect how a list is shown (limit, offset, cursor, ordering, count) are
 * checked as for a list and otherwise ignored, so a client can send the filters of the
 * list it shows.
 */
Datum
api_task_totals(Jsonb *json)
{
	TaskFilters filters;
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	list_filter_read(&filters, json, &call.identity);
	list_totals_write(&out, &filters, &call.identity.org_id);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_task_totals(filters jsonb) returns json
 */
Datum
tc_task_totals(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_task_totals(ARGUMENT_JSONB_OR_NULL(0));
}
