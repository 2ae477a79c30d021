/*
 * api_views.c
 *		Views: filters of tasks that are kept.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/sqlstate.h"
#include "task/view.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_create_view);
PG_FUNCTION_INFO_V1(tc_update_view);
PG_FUNCTION_INFO_V1(tc_delete_view);
PG_FUNCTION_INFO_V1(tc_list_views);
PG_FUNCTION_INFO_V1(tc_get_view);

/*
 * Creates a view of the caller.  keyed: zero except for its key.  Raises 22023, 22007,
 * 22P02, and PT422 for a key that was used with other data.
 */
Datum
api_create_view(Jsonb *data, KeyedCall *keyed)
{
	ApiCall		call;
	JsonWriter	out;
	ViewData	view;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(data, "view_data");
	view_read_data(&view, data, true, &call.identity);
	idempotency_begin(keyed, "view");
	idempotency_add_value(keyed, data);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		view_store_create(&out, &call.identity, &view);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_create_view(view_data jsonb, idempotency_key text) returns json
 */
Datum
tc_create_view(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};

	FORWARD_CALL();
	return api_create_view(ARGUMENT_JSONB_OR_NULL(0), &keyed);
}

/* Locks a view that the caller may change.  present: set to it.  Raises PT404, PT403. */
static void
lock_view(JsonWriter *present, const Identity *identity, const pg_uuid_t *pk)
{
	json_write_begin(present);
	argument_require(pk, "pk");
	switch (view_store_lock(present, identity, pk))
	{
		case VIEW_HIDDEN:
			argument_not_found(NOUN_VIEW);
		case VIEW_READ:
			ereport(ERROR,
					(errcode(ERRCODE_TC_FORBIDDEN),
					 errmsg("only the owner of the view or an admin may change it")));
		case VIEW_WRITE:
			break;
	}
}

/*
 * Changes the keys of a view that are sent.  data: may be the view as it was read, in which
 * only keys that can be written differ.  Raises PT404, PT403, 22023, 22007, 22P02.
 */
Datum
api_update_view(const pg_uuid_t *pk, Jsonb *data)
{
	ApiCall		call;
	JsonWriter	out;
	JsonWriter	present;
	ViewData	view;

	json_write_begin(&out);
	api_begin(&call);
	lock_view(&present, &call.identity, pk);
	argument_require(data, "view_data");
	view_read_data(&view, data, false, &call.identity);
	if (view.is_sent_back)
		sent_back_check(&sent_back_view_kind, data, json_write_end(&present));
	view_store_update(&out, &call.identity, pk, &view);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_update_view(pk uuid, view_data jsonb) returns json
 */
Datum
tc_update_view(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_view(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/* Deletes a view.  Raises PT404, PT403, 22023 for NULL. */
void
api_delete_view(const pg_uuid_t *pk)
{
	ApiCall		call;
	JsonWriter	present;

	api_begin(&call);
	lock_view(&present, &call.identity, pk);
	view_store_delete(&call.identity, pk);
	api_end_write(&call);
}

/*
 * tc_delete_view(pk uuid) returns void
 */
Datum
tc_delete_view(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_view(ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/*
 * tc_list_views(filters jsonb) returns json
 */
Datum
tc_list_views(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_VIEW, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_get_view(pk uuid) returns json
 */
Datum
tc_get_view(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_directory(DIRECTORY_VIEW, ARGUMENT_UUID_OR_NULL(0));
}
