/*
 * api_counters.c
 *		Maintenance of the task counters, for administrators.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/api_call.h"
#include "api/api_step.h"

PG_FUNCTION_INFO_V1(tc_compact_counts);
PG_FUNCTION_INFO_V1(tc_recount);
PG_FUNCTION_INFO_V1(tc_check_counts);

static const StepArgs no_args = {.note = STEP_NO_NOTE};

static void
add_number(void *state, Datum line)
{
	*(int64 *) state += step_read_number(line);
}

/*
 * tc_compact_counts() returns bigint
 */
Datum
tc_compact_counts(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	int64		removed = 0;
	ExportSink	sink = {add_number, &removed};

	PreventCommandIfReadOnly("tc_compact_counts()");
	api_begin_upkeep(&call);
	step_run_in_shards("compact_counts", &no_args, &sink);
	api_end(&call);
	PG_RETURN_INT64(removed);
}

/*
 * tc_recount() returns void
 */
Datum
tc_recount(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	ExportSink	sink = {NULL, NULL};

	/* The lock that it needs cannot be had on a standby, and the error would not say why. */
	PreventCommandIfReadOnly("tc_recount()");
	api_begin_upkeep(&call);
	step_run_in_shards("recount", &no_args, &sink);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * tc_check_counts() returns setof record
 */
Datum
tc_check_counts(PG_FUNCTION_ARGS)
{
	ExportSink	sink = {step_put_row, fcinfo->resultinfo};
	ApiCall		call;

	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	step_run_in_shards("check_counts", &no_args, &sink);
	api_end(&call);
	return (Datum) 0;
}
