/*
 * api_stats.c
 *		The numbers of calls, for administrators and monitoring, and the progress of long
 *		calls.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/call_stats.h"
#include "base/progress.h"

PG_FUNCTION_INFO_V1(tc_stats);
PG_FUNCTION_INFO_V1(tc_reset_stats);
PG_FUNCTION_INFO_V1(tc_show_progress);

#define STATS_COLUMNS 8

static void
put_stats(const StatsEntry *entry, void *state)
{
	ReturnSetInfo *result = state;
	Datum		values[STATS_COLUMNS];
	bool		nulls[STATS_COLUMNS] = {false};

	values[0] = CStringGetTextDatum(call_stats_are_shared() ? "server" : "session");
	values[1] = CStringGetTextDatum(entry->kind);
	values[2] = CStringGetTextDatum(entry->name);
	values[3] = Int64GetDatum((int64) entry->count);
	values[4] = Int64GetDatum((int64) entry->errors);
	values[5] = Float8GetDatum(entry->total_time);
	values[6] = Float8GetDatum(entry->max_time);
	nulls[4] = nulls[5] = nulls[6] = !entry->is_operation;
	values[7] = TimestampTzGetDatum(call_stats_since());
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * tc_stats() returns setof record (scope text, kind text, name text, count bigint,
 * errors bigint, total_time double precision, max_time double precision, since timestamptz)
 */
Datum
tc_stats(PG_FUNCTION_ARGS)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser or a member of pg_monitor to call tc_stats")));
	InitMaterializedSRF(fcinfo, 0);
	call_stats_read(put_stats, fcinfo->resultinfo);
	return (Datum) 0;
}

/*
 * tc_reset_stats() returns void
 */
Datum
tc_reset_stats(PG_FUNCTION_ARGS)
{
	call_stats_reset();
	PG_RETURN_VOID();
}

/*
 * show_progress(progress text) returns void
 */
Datum
tc_show_progress(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		progress_end();
	else
		progress_show(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}
