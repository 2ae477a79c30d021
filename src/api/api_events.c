/*
 * api_events.c
 *		What happened: the operations of the API.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "event/event_history.h"
#include "event/event_sync.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_task_history);
PG_FUNCTION_INFO_V1(tc_list_events);
PG_FUNCTION_INFO_V1(tc_sync);

/*
 * Returns a page of the history of a task, newest first.  filters: NULL for none.  Raises
 * 22023, PT404.
 */
Datum
api_task_history(const pg_uuid_t *pk, Jsonb *filters)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	if (!event_history_write_page(&out, &call.identity, pk, filters))
		argument_not_found(NOUN_TASK);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_task_history(pk uuid, filters jsonb) returns json
 */
Datum
tc_task_history(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_task_history(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/*
 * tc_list_events(filters jsonb) returns json
 */
Datum
tc_list_events(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_EVENT, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * Returns the next page of what has changed since a token.  token: NULL to begin a copy;
 * options: NULL for all.  Raises 22023.
 */
Datum
api_sync(text *token, Jsonb *options)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin(&call);
	event_sync_write(&out, &call.identity, token == NULL ? NULL : text_to_cstring(token), options);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_sync(token text, options jsonb) returns json
 */
Datum
tc_sync(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_sync(ARGUMENT_TEXT_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}
