/*
 * api_directory.c
 *		Accounts, contacts and teams with their members, maintained by the admins of an
 *		organization.
 *
 * The policies of the tables also require an admin.  Checking first gives the caller
 * PT403 instead of an update that silently affects no row.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "task/directory.h"
#include "task/directory_delete.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_create_account);
PG_FUNCTION_INFO_V1(tc_rename_account);
PG_FUNCTION_INFO_V1(tc_delete_account);
PG_FUNCTION_INFO_V1(tc_create_team);
PG_FUNCTION_INFO_V1(tc_rename_team);
PG_FUNCTION_INFO_V1(tc_delete_team);
PG_FUNCTION_INFO_V1(tc_create_contact);
PG_FUNCTION_INFO_V1(tc_rename_contact);
PG_FUNCTION_INFO_V1(tc_delete_contact);
PG_FUNCTION_INFO_V1(tc_add_team_member);
PG_FUNCTION_INFO_V1(tc_remove_team_member);

static Datum
create_named(FunctionCallInfo fcinfo, NamedKind kind)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};
	ApiCall		call;
	JsonWriter		out;
	Datum		name;

	json_write_begin(&out);
	api_begin_admin(&call);
	name = argument_text(fcinfo, 0, "name", ARGUMENT_MAX_NAME);
	idempotency_begin(&keyed, directory_named_table(kind));
	idempotency_add_value(&keyed, DatumGetPointer(name));
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		directory_create_named(&out, &call.identity.org_id, kind, name);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

static Datum
rename_named(FunctionCallInfo fcinfo, NamedKind kind, ApiNoun noun)
{
	ApiCall		call;
	JsonWriter		out;
	pg_uuid_t  *id;

	json_write_begin(&out);
	api_begin_admin(&call);
	id = argument_uuid(fcinfo, 0, "pk");
	if (!directory_rename_named(&out, &call.identity.org_id, kind, id,
								argument_text(fcinfo, 1, "name", ARGUMENT_MAX_NAME)))
		argument_not_found(noun);
	api_end_write(&call);
	return json_write_end(&out);
}

/* Deletes the row whose id is the first argument, pk.  Raises PT404 with its noun. */
static Datum
delete_thing(FunctionCallInfo fcinfo, ReferencedTable *table, ApiNoun noun)
{
	ApiCall		call;

	api_begin_admin(&call);
	if (!delete_referenced(table, &call.identity.org_id, argument_uuid(fcinfo, 0, "pk")))
		argument_not_found(noun);
	api_end_write(&call);
	PG_RETURN_VOID();
}

/*
 * tc_create_account(name text) returns json
 */
Datum
tc_create_account(PG_FUNCTION_ARGS)
{
	return create_named(fcinfo, NAMED_ACCOUNT);
}

/*
 * tc_rename_account(pk uuid, name text) returns json
 */
Datum
tc_rename_account(PG_FUNCTION_ARGS)
{
	return rename_named(fcinfo, NAMED_ACCOUNT, NOUN_ACCOUNT);
}

/*
 * tc_delete_account(pk uuid) returns void
 */
Datum
tc_delete_account(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &account_to_delete, NOUN_ACCOUNT);
}

/*
 * tc_create_team(name text) returns json
 */
Datum
tc_create_team(PG_FUNCTION_ARGS)
{
	return create_named(fcinfo, NAMED_TEAM);
}

/*
 * tc_rename_team(pk uuid, name text) returns json
 */
Datum
tc_rename_team(PG_FUNCTION_ARGS)
{
	return rename_named(fcinfo, NAMED_TEAM, NOUN_TEAM);
}

/*
 * tc_delete_team(pk uuid) returns void
 */
Datum
tc_delete_team(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &team_to_delete, NOUN_TEAM);
}

/*
 * tc_create_contact(first_name text, last_name text, email text, account uuid,
 * idempotency_key text) returns json
 */
Datum
tc_create_contact(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(4)};
	ApiCall		call;
	JsonWriter		out;
	NewContact	contact;

	json_write_begin(&out);
	api_begin_admin(&call);
	contact.first_name = argument_text(fcinfo, 0, "first_name", ARGUMENT_MAX_NAME);
	contact.last_name = argument_text_or_null(fcinfo, 1, "last_name", ARGUMENT_MAX_NAME);
	contact.email = argument_text_or_null(fcinfo, 2, "email", ARGUMENT_MAX_EMAIL);
	contact.account = fcinfo->args[3];

	idempotency_begin(&keyed, "contact");
	idempotency_add_value(&keyed, DatumGetPointer(contact.first_name));
	idempotency_add_value(&keyed, DatumGetPointer(contact.last_name.value));
	idempotency_add_value(&keyed, DatumGetPointer(contact.email.value));
	idempotency_add(&keyed, DatumGetPointer(contact.account.value), contact.account.isnull ? 0 : UUID_LEN);
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		directory_create_contact(&out, &call.identity.org_id, &contact);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

/*
 * tc_rename_contact(pk uuid, first_name text, last_name text) returns json
 */
Datum
tc_rename_contact(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonWriter		out;
	pg_uuid_t  *id;
	Datum		first_name;

	json_write_begin(&out);
	api_begin_admin(&call);
	id = argument_uuid(fcinfo, 0, "pk");
	first_name = argument_text(fcinfo, 1, "first_name", ARGUMENT_MAX_NAME);
	if (!directory_rename_contact(&out, &call.identity.org_id, id, first_name,
								  argument_text_or_null(fcinfo, 2, "last_name", ARGUMENT_MAX_NAME)))
		argument_not_found(NOUN_CONTACT);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_delete_contact(pk uuid) returns void
 */
Datum
tc_delete_contact(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &contact_to_delete, NOUN_CONTACT);
}

/*
 * tc_add_team_member(team uuid, user_id uuid) returns void
 */
Datum
tc_add_team_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *team;
	pg_uuid_t  *user;

	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (!directory_add_team_member(&call.identity.org_id, team, user))
		argument_not_found(NOUN_TEAM);
	api_end_write(&call);
	PG_RETURN_VOID();
}

/*
 * tc_remove_team_member(team uuid, user_id uuid) returns void
 */
Datum
tc_remove_team_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *team;
	pg_uuid_t  *user;

	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (!directory_remove_team_member(&call.identity.org_id, team, user))
		argument_not_found(NOUN_TEAM_MEMBER);
	api_end_write(&call);
	PG_RETURN_VOID();
}
