/*
 * api_directory.c
 *		Accounts, contacts, teams and members: read by all members of an organization,
 *		maintained by its admins.
 *
 * The policies of the tables also require an admin.  Checking first gives the caller
 * PT403 instead of an update that silently affects no row.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_idempotency.h"
#include "api/api_operations.h"
#include "task/directory.h"
#include "task/directory_delete.h"
#include "task/directory_list.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_list_accounts);
PG_FUNCTION_INFO_V1(tc_list_contacts);
PG_FUNCTION_INFO_V1(tc_list_teams);
PG_FUNCTION_INFO_V1(tc_list_members);
PG_FUNCTION_INFO_V1(tc_get_account);
PG_FUNCTION_INFO_V1(tc_get_contact);
PG_FUNCTION_INFO_V1(tc_get_team);
PG_FUNCTION_INFO_V1(tc_get_member);
PG_FUNCTION_INFO_V1(tc_create_account);
PG_FUNCTION_INFO_V1(tc_create_contact);
PG_FUNCTION_INFO_V1(tc_create_team);
PG_FUNCTION_INFO_V1(tc_update_account);
PG_FUNCTION_INFO_V1(tc_update_contact);
PG_FUNCTION_INFO_V1(tc_update_team);
PG_FUNCTION_INFO_V1(tc_delete_account);
PG_FUNCTION_INFO_V1(tc_delete_contact);
PG_FUNCTION_INFO_V1(tc_delete_team);

/* What an id names, and how the row is deleted; api_members.c removes members. */
static const struct
{
	ApiNoun		noun;
	ReferencedTable *deletion;
}			things[DIRECTORY_NOUNS] = {
	[DIRECTORY_ACCOUNT] = {NOUN_ACCOUNT, &account_to_delete},
	[DIRECTORY_CONTACT] = {NOUN_CONTACT, &contact_to_delete},
	[DIRECTORY_TEAM] = {NOUN_TEAM, &team_to_delete},
	[DIRECTORY_MEMBER] = {NOUN_MEMBER},
	[DIRECTORY_VIEW] = {NOUN_VIEW},
	[DIRECTORY_DELETED] = {NOUN_DELETED}
};

/* Returns the name of the argument with the id. */
static const char *
pk_argument(DirectoryNoun noun)
{
	return noun == DIRECTORY_MEMBER ? "user_id" : "pk";
}

/*
 * Returns the requested page of a list as JSON.  filters: NULL for none.  Raises the
 * errors of api_begin() and directory_list_write(), and PT403 for lists that only admins read.
 */
Datum
api_list_directory(DirectoryNoun noun, Jsonb *filters)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	if (directory_kinds[noun].for_admins)
		identity_require_admin(&call.identity);
	directory_list_write(&out, noun, filters, &call.identity);
	api_end(&call);
	return json_write_end(&out);
}

/* Returns a row as JSON.  Raises 22023 for NULL, PT404. */
Datum
api_get_directory(DirectoryNoun noun, const pg_uuid_t *pk)
{
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	argument_require(pk, pk_argument(noun));
	if (!directory_get(&out, &call.identity.org_id, noun, pk))
		argument_not_found(things[noun].noun);
	api_end(&call);
	return json_write_end(&out);
}

/* Reads the data of a new row from arguments, which are in the order of the inputs. */
static void
read_arguments(DirectoryData *data, DirectoryNoun noun, FunctionCallInfo fcinfo)
{
	const DirectoryInput *inputs = directory_kinds[noun].inputs;

	for (int i = 0; inputs[i].key != NULL; i++)
	{
		data->sent[i] = true;
		if (inputs[i].max_length == 0)
			data->values[i] = fcinfo->args[i];
		else if (inputs[i].required)
			data->values[i] = (NullableDatum) {.value = argument_text(fcinfo, i, inputs[i].key, inputs[i].max_length)};
		else
			data->values[i] = argument_text_or_null(fcinfo, i, inputs[i].key, inputs[i].max_length);
	}
}

/* Adds the data to what identifies a call with an idempotency key. */
static void
add_data_to_key(KeyedCall *keyed, DirectoryNoun noun, const DirectoryData *data)
{
	const DirectoryInput *inputs = directory_kinds[noun].inputs;

	for (int i = 0; inputs[i].key != NULL; i++)
	{
		const void *value = data->values[i].isnull ? NULL : DatumGetPointer(data->values[i].value);

		if (inputs[i].max_length == 0)
			idempotency_add(keyed, value, value == NULL ? 0 : UUID_LEN);
		else
			idempotency_add_value(keyed, value);
	}
}

/* Creates a row from JSON, or if that is NULL, from arguments. */
static Datum
create_thing(DirectoryNoun noun, KeyedCall *keyed, Jsonb *json, FunctionCallInfo fcinfo)
{
	ApiCall		call;
	JsonWriter		out;
	DirectoryData data = {0};

	json_write_begin(&out);
	api_begin_admin(&call);
	if (json != NULL)
		directory_read_data(&data, noun, json, NULL);
	else
		read_arguments(&data, noun, fcinfo);
	idempotency_begin(keyed, directory_kinds[noun].table);
	add_data_to_key(keyed, noun, &data);
	if (idempotency_is_new(keyed, &call.identity, &out))
	{
		directory_create(&out, &call.identity.org_id, noun, &data);
		idempotency_keep(keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(keyed);
	return json_write_end(&out);
}

/*
 * Creates a row.  data: not NULL; keyed: zero except for its key.  Raises PT403, 22023,
 * 22P02, 23503, and PT422 for a key that was used with other data.
 */
Datum
api_create_directory(DirectoryNoun noun, Jsonb *data, KeyedCall *keyed)
{
	return create_thing(noun, keyed, data, NULL);
}

/*
 * Changes what the data contains of a row.  Raises PT403, PT404, 22023, 22P02, 23503.
 */
Datum
api_update_directory(DirectoryNoun noun, const pg_uuid_t *pk, Jsonb *json)
{
	ApiCall		call;
	JsonWriter		out;
	DirectoryData data;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(pk, "pk");
	argument_require(json, directory_kinds[noun].data);
	directory_read_data(&data, noun, json, pk);
	if (!directory_update(&out, &call.identity.org_id, noun, pk, &data))
		argument_not_found(things[noun].noun);
	api_end_write(&call);
	return json_write_end(&out);
}

/* Deletes a row.  Raises PT403, PT404, 22023 for NULL. */
void
api_delete_directory(DirectoryNoun noun, const pg_uuid_t *pk)
{
	ApiCall		call;

	api_begin_admin(&call);
	argument_require(pk, "pk");
	if (!delete_referenced(things[noun].deletion, &call.identity.org_id, pk))
		argument_not_found(things[noun].noun);
	api_end_write(&call);
}

/*
 * tc_list_accounts(filters jsonb) returns json
 */
Datum
tc_list_accounts(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_ACCOUNT, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_list_contacts(filters jsonb) returns json
 */
Datum
tc_list_contacts(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_CONTACT, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_list_teams(filters jsonb) returns json
 */
Datum
tc_list_teams(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_TEAM, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_list_members(filters jsonb) returns json
 */
Datum
tc_list_members(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_directory(DIRECTORY_MEMBER, ARGUMENT_JSONB_OR_NULL(0));
}

/*
 * tc_get_account(pk uuid) returns json
 */
Datum
tc_get_account(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_directory(DIRECTORY_ACCOUNT, ARGUMENT_UUID_OR_NULL(0));
}

/*
 * tc_get_contact(pk uuid) returns json
 */
Datum
tc_get_contact(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_directory(DIRECTORY_CONTACT, ARGUMENT_UUID_OR_NULL(0));
}

/*
 * tc_get_team(pk uuid) returns json
 */
Datum
tc_get_team(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_directory(DIRECTORY_TEAM, ARGUMENT_UUID_OR_NULL(0));
}

/*
 * tc_get_member(user_id uuid) returns json
 */
Datum
tc_get_member(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_get_directory(DIRECTORY_MEMBER, ARGUMENT_UUID_OR_NULL(0));
}

/*
 * tc_create_account(name text, idempotency_key text) returns json
 */
Datum
tc_create_account(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};

	FORWARD_CALL();
	return create_thing(DIRECTORY_ACCOUNT, &keyed, NULL, fcinfo);
}

/*
 * tc_create_contact(first_name text, last_name text, email text, account uuid, idempotency_key text) returns json
 */
Datum
tc_create_contact(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(4)};

	FORWARD_CALL();
	return create_thing(DIRECTORY_CONTACT, &keyed, NULL, fcinfo);
}

/*
 * tc_create_team(name text, idempotency_key text) returns json
 */
Datum
tc_create_team(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};

	FORWARD_CALL();
	return create_thing(DIRECTORY_TEAM, &keyed, NULL, fcinfo);
}

/*
 * tc_update_account(pk uuid, account_data jsonb) returns json
 */
Datum
tc_update_account(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_directory(DIRECTORY_ACCOUNT, ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/*
 * tc_update_contact(pk uuid, contact_data jsonb) returns json
 */
Datum
tc_update_contact(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_directory(DIRECTORY_CONTACT, ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/*
 * tc_update_team(pk uuid, team_data jsonb) returns json
 */
Datum
tc_update_team(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_update_directory(DIRECTORY_TEAM, ARGUMENT_UUID_OR_NULL(0), ARGUMENT_JSONB_OR_NULL(1));
}

/*
 * tc_delete_account(pk uuid) returns void
 */
Datum
tc_delete_account(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_directory(DIRECTORY_ACCOUNT, ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/*
 * tc_delete_contact(pk uuid) returns void
 */
Datum
tc_delete_contact(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_directory(DIRECTORY_CONTACT, ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

/*
 * tc_delete_team(pk uuid) returns void
 */
Datum
tc_delete_team(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_delete_directory(DIRECTORY_TEAM, ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}
