/*
 * api_purge.c
 *		Removes for good what is old: deleted tasks and events.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "task/task_bin.h"
#include "webhook/webhook_purge.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_purge_deleted);
PG_FUNCTION_INFO_V1(tc_purge_events);

/* Writes how many were removed.  purge: removes what is older than the first argument. */
static Datum
write_purged(FunctionCallInfo fcinfo, ApiCall *call, JsonWriter *out, int64 (*purge) (const pg_uuid_t *org_id, TimestampTz before))
{
	if (PG_ARGISNULL(0))
		argument_null("before");
	json_write_open(out, '{');
	json_write_key(out, "purged");
	json_write_int(out, purge(&call->identity.org_id, PG_GETARG_TIMESTAMPTZ(0)));
	json_write_close(out, '}');
	api_end_write(call);
	return json_write_end(out);
}

/*
 * tc_purge_deleted(before timestamptz) returns json
 *
 * Removes what was deleted before a time, and returns how many tasks.  Raises 22023, PT403.
 */
Datum
tc_purge_deleted(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonWriter	out;

	FORWARD_CALL();
	json_write_begin(&out);
	api_begin_admin(&call);
	return write_purged(fcinfo, &call, &out, task_bin_purge);
}

/*
 * tc_purge_events(before timestamptz) returns json
 *
 * Removes what happened before a time, and returns how many events.  Raises 22023, PT403.
 */
Datum
tc_purge_events(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonWriter	out;

	FORWARD_CALL();
	json_write_begin(&out);
	api_begin_admin(&call);
	return write_purged(fcinfo, &call, &out, webhook_purge);
}
