/*
 * api_users.c
 *		Creates, finds, changes and synchronizes users.
 *
 * For administrators and provisioning, as api_provision.c.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "identity/external_id.h"
#include "identity/user_store.h"
#include "identity/user_sync.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_create_user);
PG_FUNCTION_INFO_V1(tc_update_user);
PG_FUNCTION_INFO_V1(tc_find_user);
PG_FUNCTION_INFO_V1(tc_deactivate_user);
PG_FUNCTION_INFO_V1(tc_reactivate_user);
PG_FUNCTION_INFO_V1(tc_sync_user);

/*
 * tc_create_user(email text, name text, id uuid, external_id text, on_conflict text)
 * returns uuid
 */
Datum
tc_create_user(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	NewUser		user;
	ApiCall		call;

	api_begin_upkeep(&call);
	user.email = argument_check_email(ARGUMENT_TEXT_OR_NULL(0));
	user.name = argument_text_or_null(fcinfo, 1, "name", ARGUMENT_MAX_NAME);
	user.id = fcinfo->args[2];
	user.external_id = argument_external_id_or_null(fcinfo, 3);
	user_create(id, &user, argument_choice(fcinfo, 4, "on_conflict", "error", "return"));
	api_end(&call);
	PG_RETURN_UUID_P(id);
}

/* Reads a text of at most max characters; null is NULL. */
static NullableDatum
read_change(const JsonReadKey *key, const JsonbValue *value, int max)
{
	NullableDatum result = {.isnull = value->type == jbvNull};

	if (!result.isnull)
	{
		result.value = CStringGetTextDatum(json_read_string(key, value));
		if (!text_fits(DatumGetTextPP(result.value), max))
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
							  psprintf("It is longer than %d characters.", max), NULL);
	}
	return result;
}

static void
refuse_change(const JsonReadKey *key, const char *problem)
{
	if (problem != NULL)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, problem, NULL);
}

/* Reads a member of user_data. */
static void
read_user_member(void *state, const char *name, const JsonbValue *value)
{
	UserChange *change = state;
	JsonReadKey key = {.object = "user_data", .key = name};

	if (strcmp(name, "email") == 0)
	{
		change->sets_email = true;
		change->email = read_change(&key, value, ARGUMENT_MAX_EMAIL);
		refuse_change(&key, change->email.isnull ? "It must not be null." :
					  email_problem(TextDatumGetCString(change->email.value)));
	}
	else if (strcmp(name, "name") == 0)
	{
		change->sets_name = true;
		change->name = read_change(&key, value, ARGUMENT_MAX_NAME);
	}
	else if (strcmp(name, "external_id") == 0)
	{
		change->sets_external_id = true;
		change->external_id = read_change(&key, value, EXTERNAL_ID_MAX);
		refuse_change(&key, change->external_id.isnull ? NULL :
					  external_id_problem(TextDatumGetCString(change->external_id.value)));
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_read_clip(name), key.object),
				 errhint("Valid keys are email, name and external_id.")));
}

static void
write_stored_user(JsonWriter *out, const StoredUser *user)
{
	json_write_open(out, '{');
	user_write_members(out, user);
	json_write_close(out, '}');
}

/*
 * tc_update_user(user_id uuid, user_data jsonb) returns json
 */
Datum
tc_update_user(PG_FUNCTION_ARGS)
{
	Jsonb	   *data = ARGUMENT_JSONB_OR_NULL(1);
	UserChange	change = {.email.isnull = true, .name.isnull = true, .external_id.isnull = true};
	StoredUser	user;
	JsonWriter	out;
	ApiCall		call;

	json_write_begin(&out);
	api_begin_upkeep(&call);
	argument_require(data, "user_data");
	json_read_object(&data->root, "user_data", read_user_member, &change);
	if (!user_update(argument_uuid(fcinfo, 0, "user_id"), &change, &user))
		argument_not_found(NOUN_USER);
	write_stored_user(&out, &user);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_find_user(email text, external_id text) returns json, or NULL if there is none
 */
Datum
tc_find_user(PG_FUNCTION_ARGS)
{
	StoredUser	user;
	JsonWriter	out;
	ApiCall		call;
	bool		found;

	json_write_begin(&out);
	api_begin_upkeep(&call);
	if (PG_ARGISNULL(0) == PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("either email or external_id must be specified")));
	if (PG_ARGISNULL(1))
		found = user_find(USER_BY_EMAIL, argument_text(fcinfo, 0, "email", ARGUMENT_MAX_EMAIL), &user);
	else
		found = user_find(USER_BY_EXTERNAL_ID, argument_text(fcinfo, 1, "external_id", EXTERNAL_ID_MAX), &user);
	if (found)
		write_stored_user(&out, &user);
	api_end(&call);
	if (!found)
		PG_RETURN_NULL();
	return json_write_end(&out);
}

static Datum
set_active(FunctionCallInfo fcinfo, bool is_active)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	if (!user_set_active(argument_uuid(fcinfo, 0, "user_id"), is_active))
		argument_not_found(NOUN_USER);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * tc_deactivate_user(user_id uuid) returns void
 */
Datum
tc_deactivate_user(PG_FUNCTION_ARGS)
{
	return set_active(fcinfo, false);
}

/*
 * tc_reactivate_user(user_id uuid) returns void
 */
Datum
tc_reactivate_user(PG_FUNCTION_ARGS)
{
	return set_active(fcinfo, true);
}

/*
 * tc_sync_user(external_id text, email text, name text, organizations jsonb,
 * email_verified boolean) returns json
 */
Datum
tc_sync_user(PG_FUNCTION_ARGS)
{
	UserSync	sync = {0};
	JsonWriter	out;
	ApiCall		call;

	json_write_begin(&out);
	api_begin_upkeep(&call);
	if (!named_id_read(TextDatumGetCString(argument_text(fcinfo, 0, "external_id", EXTERNAL_ID_MAX)), &sync.user))
		(void) argument_external_id_or_null(fcinfo, 0);
	sync.email = argument_check_email(ARGUMENT_TEXT_OR_NULL(1));
	sync.name = argument_text_or_null(fcinfo, 2, "name", ARGUMENT_MAX_NAME);
	sync.organizations = ARGUMENT_JSONB_OR_NULL(3);
	sync.email_is_verified = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	user_sync(&out, &sync);
	api_end(&call);
	return json_write_end(&out);
}
