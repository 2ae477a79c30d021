/*
 * api_bin.c
 *		The bin: deleted tasks that can be restored.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "task/task_restore.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_list_deleted);
PG_FUNCTION_INFO_V1(tc_restore_task);

/*
 * tc_list_deleted(filters jsonb) returns json
 */
Datum
tc_list_deleted(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_DELETED, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * Puts a deleted task back, and returns it with what is missing of it.  keyed: zero except for its
 * key.  Raises 22023, PT404, PT409 if there is a task with its id, and PT422 for a key that was
 * used with other data.
 */
Datum
api_restore_task(const pg_uuid_t *pk, KeyedCall *keyed)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, "pk");
	idempotency_begin(keyed, "restore");
	idempotency_add(keyed, pk, sizeof(*pk));
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		if (!task_restore(&out, &call.identity, pk))
			argument_not_found(NOUN_DELETED);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_restore_task(pk uuid) returns json
 */
Datum
tc_restore_task(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = NULL};

	FORWARD_CALL();
	return api_restore_task(ARGUMENT_UUID_OR_NULL(0), &keyed);
}
