/*
 * api_columns.c
 *		Exposes columns that an administrator added to task.
 *
 * For administrators: EXECUTE is never granted to clients.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "task/own_column.h"
#include "task/view_store.h"

PG_FUNCTION_INFO_V1(tc_expose_column);
PG_FUNCTION_INFO_V1(tc_hide_column);
PG_FUNCTION_INFO_V1(tc_column_problem);

/* Raises 0A000 for another table than task. */
static void
require_task(FunctionCallInfo fcinfo)
{
	char	   *table = TextDatumGetCString(argument_text(fcinfo, 0, "table_name", NAMEDATALEN - 1));

	if (strcmp(table, "task") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("columns of table \"%s\" cannot be exposed", table),
				 errhint("Only columns of the table task can be exposed.")));
}

/*
 * tc_expose_column(table_name text, column_name text, writable boolean) returns void
 */
Datum
tc_expose_column(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	require_task(fcinfo);
	own_column_expose(argument_text(fcinfo, 1, "column_name", NAMEDATALEN - 1), !PG_ARGISNULL(2) && PG_GETARG_BOOL(2));
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * tc_hide_column(table_name text, column_name text) returns void
 */
Datum
tc_hide_column(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	Datum		name;
	int64		views;

	api_begin_upkeep(&call);
	require_task(fcinfo);
	name = argument_text(fcinfo, 1, "column_name", NAMEDATALEN - 1);
	views = view_store_count_of_column(name);
	if (views > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("column \"%s\" of table \"task\" is used by views", TextDatumGetCString(name)),
				 errdetail("The number of views is " INT64_FORMAT ".", views),
				 errhint("Change or delete the rows of taskcrm_internal.task_view whose filters or group_by name it.")));
	if (!own_column_hide(name))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("column \"%s\" of table \"task\" is not exposed", TextDatumGetCString(name))));
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * column_problem(column_name text, writable boolean) returns text
 */
Datum
tc_column_problem(PG_FUNCTION_ARGS)
{
	const char *problem = own_column_problem(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_BOOL(1));

	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
