/*
 * api_counters.c
 *		Maintenance of the task counters, for administrators.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "api/api_call.h"
#include "task/task_counter.h"

PG_FUNCTION_INFO_V1(tc_compact_counts);
PG_FUNCTION_INFO_V1(tc_recount);
PG_FUNCTION_INFO_V1(tc_check_counts);

/*
 * tc_compact_counts() returns bigint
 */
Datum
tc_compact_counts(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	int64		removed;

	PreventCommandIfReadOnly("tc_compact_counts()");
	api_begin_upkeep(&call);
	removed = task_counter_compact();
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

	/* The lock that it needs cannot be had on a standby, and the error would not say why. */
	PreventCommandIfReadOnly("tc_recount()");
	api_begin_upkeep(&call);
	task_counter_rebuild();
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * tc_check_counts() returns setof record
 */
Datum
tc_check_counts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ApiCall		call;

	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	task_counter_check();
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		Datum		values[5];
		bool		nulls[5];

		heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	api_end(&call);
	return (Datum) 0;
}
