/*
 * api_webhooks.c
 *		Webhooks, for admins.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "base/compat.h"
#include "webhook/webhook.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_create_webhook);
PG_FUNCTION_INFO_V1(tc_update_webhook);
PG_FUNCTION_INFO_V1(tc_rotate_webhook_secret);
PG_FUNCTION_INFO_V1(tc_delete_webhook);
PG_FUNCTION_INFO_V1(tc_list_webhooks);
PG_FUNCTION_INFO_V1(tc_get_webhook);
PG_FUNCTION_INFO_V1(tc_test_webhook);

/* How long two secrets are valid. */
#define MAX_OVERLAP (30 * USECS_PER_DAY)

/*
 * Creates a webhook and returns it with its secret.  keyed: zero except for its key.  Raises 22023
 * and the errors of filters, PT403, PT409, and PT422 for a key that was used with other data.
 */
Datum
api_create_webhook(Jsonb *data, KeyedCall *keyed)
{
	ApiCall		call;
	JsonWriter	out;
	WebhookData webhook;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(data, "webhook_data");
	webhook_input_read(&webhook, data, true, &call.identity);
	idempotency_begin(keyed, "webhook");
	idempotency_add_value(keyed, data);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		webhook_create(&out, &call.identity, &webhook);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/* Returns the arguments of tc_create_webhook() as an object. */
static Jsonb *
object_of_arguments(text *url, ArrayType *types, Jsonb *filters)
{
	JsonWriter	out;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	if (url != NULL)
	{
		json_write_key(&out, "url");
		json_write_text(&out, PointerGetDatum(url));
	}
	if (types != NULL)
	{
		json_write_key(&out, "types");
		json_write_raw(&out, DirectFunctionCall1(array_to_json, PointerGetDatum(types)));
	}
	if (filters != NULL)
	{
		json_write_key(&out, "filters");
		json_write_raw(&out, CStringGetTextDatum(JsonbToCString(NULL, &filters->root, VARSIZE(filters))));
	}
	json_write_close(&out, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json_write_end(&out)))));
}

/*
 * tc_create_webhook(url text, types text[], filters jsonb, idempotency_key text) returns json
 */
Datum
tc_create_webhook(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(3)};

	FORWARD_CALL();
	return api_create_webhook(object_of_arguments(ARGUMENT_TEXT_OR_NULL(0), ARGUMENT_ARRAY_OR_NULL(1), ARGUMENT_JSONB_OR_NULL(2)),
							  &keyed);
}

/* Checks that a webhook is sent back as it was read, except for what can be written.  Raises 22023, PT404. */
static void
check_sent_back(const Identity *identity, const pg_uuid_t *pk, Jsonb *sent)
{
	JsonWriter	present;

	json_write_begin(&present);
	if (!webhook_lock(&present, identity, pk))
		argument_not_found(NOUN_WEBHOOK);
	sent_back_check(&sent_back_webhook_kind, sent, json_write_end(&present));
}

/*
 * Changes the keys of a webhook that are sent.  data: may be the webhook as it was read, in which
 * only keys that can be written differ, or those that workers write.  Raises 22023 and the errors
 * of filters, PT403, PT404.
 */
Datum
api_update_webhook(const pg_uuid_t *pk, Jsonb *data)
{
	ApiCall		call;
	JsonWriter	out;
	WebhookData webhook;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(pk, "pk");
	argument_require(data, "webhook_data");
	webhook_input_read(&webhook, data, false, &call.identity);
	if (webhook.is_sent_back)
		check_sent_back(&call.identity, pk, data);
	if (!webhook_update(&out, &call.identity, pk, &webhook))
		argument_not_found(NOUN_WEBHOOK);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_update_webhook(pk uuid, webhook_data jsonb) returns json
 */
Datum
tc_update_webhook(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_webhook(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/*
 * Gives a webhook another secret, and returns the webhook with it.  overlap: how long the one
 * before is valid as well; keyed: zero except for its key.  Raises 22023, PT403, PT404, and PT422 for a
 * key that was used with other data.
 */
Datum
api_rotate_webhook_secret(const pg_uuid_t *pk, const Interval *overlap, KeyedCall *keyed)
{
	ApiCall		call;
	JsonWriter	out;
	int64		length;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(pk, "pk");
	length = argument_interval(overlap, "overlap", 0, MAX_OVERLAP);
	idempotency_begin(keyed, "webhook_secret");
	idempotency_add(keyed, pk, sizeof(*pk));
	idempotency_add(keyed, &length, sizeof(length));
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		if (!webhook_rotate_secret(&out, &call.identity, pk, GetCurrentTimestamp() + length))
			argument_not_found(NOUN_WEBHOOK);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * tc_rotate_webhook_secret(pk uuid, overlap interval, idempotency_key text) returns json
 */
Datum
tc_rotate_webhook_secret(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(2)};

	FORWARD_CALL();
	return api_rotate_webhook_secret(ARGUMENT_UUID_OR_NULL(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_INTERVAL_P(1), &keyed);
}

/* Deletes a webhook.  Raises 22023, PT403, PT404. */
void
api_delete_webhook(const pg_uuid_t *pk)
{
	ApiCall		call;

	api_begin_admin(&call);
	argument_require(pk, "pk");
	if (!webhook_delete(&call.identity, pk))
		argument_not_found(NOUN_WEBHOOK);
	api_end_write(&call);
}

/*
 * tc_delete_webhook(pk uuid) returns void
 */
Datum
tc_delete_webhook(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_webhook(ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/* Returns all webhooks, without their secrets.  Raises PT403. */
Datum
api_list_webhooks(void)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	webhook_list(&out, &call.identity);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_list_webhooks() returns json
 */
Datum
tc_list_webhooks(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_webhooks();
}

/* Returns a webhook without its secret.  Raises 22023, PT403, PT404. */
Datum
api_get_webhook(const pg_uuid_t *pk)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(pk, "pk");
	if (!webhook_show(&out, &call.identity, pk))
		argument_not_found(NOUN_WEBHOOK);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_get_webhook(pk uuid) returns json
 */
Datum
tc_get_webhook(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_webhook(ARGUMENT_UUID_OR_NULL(0));
}

/*
 * Asks for a message that tests a webhook, and returns the id of its event.  Raises 22023,
 * PT403, PT404, and PT409 for a webhook that is disabled.
 */
Datum
api_test_webhook(const pg_uuid_t *pk)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(pk, "pk");
	if (!webhook_test(&out, &call.identity, pk))
		argument_not_found(NOUN_WEBHOOK);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_test_webhook(pk uuid) returns json
 */
Datum
tc_test_webhook(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_test_webhook(ARGUMENT_UUID_OR_NULL(0));
}
