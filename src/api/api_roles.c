/*
 * api_roles.c
 *		Writes for tc_install() and for the functions that manage logins and gateways.
 *
 * The callers are superusers, and the tables belong to a role that is not: a trigger, a
 * default or a domain constraint made by that role must not run as the caller.  So these
 * statements run as the owner of the tables, like all other statements of the extension.
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/api_call.h"
#include "db/installed_version.h"
#include "identity/role_store.h"

PG_FUNCTION_INFO_V1(tc_write_login);
PG_FUNCTION_INFO_V1(tc_write_gateway);
PG_FUNCTION_INFO_V1(tc_delete_login);
PG_FUNCTION_INFO_V1(tc_delete_gateway);
PG_FUNCTION_INFO_V1(tc_rename_login);
PG_FUNCTION_INFO_V1(tc_rename_gateway);
PG_FUNCTION_INFO_V1(tc_write_version);

/* Runs a statement, with the arguments of the function, as a call of its own. */
static Datum
run_alone(RoleStatement statement, FunctionCallInfo fcinfo)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	role_store_run(statement, fcinfo->args);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * write_login(role name, role_oid oid, user_id uuid) returns void
 */
Datum
tc_write_login(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_WRITE_LOGIN, fcinfo);
}

/*
 * write_gateway(role name, role_oid oid) returns void
 */
Datum
tc_write_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_WRITE_GATEWAY, fcinfo);
}

/*
 * delete_login(role name) returns void
 */
Datum
tc_delete_login(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_DELETE_LOGIN, fcinfo);
}

/*
 * delete_gateway(role name) returns void
 */
Datum
tc_delete_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_DELETE_GATEWAY, fcinfo);
}

/*
 * rename_login(role name, new_name name, role_oid oid) returns void
 */
Datum
tc_rename_login(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_RENAME_LOGIN, fcinfo);
}

/*
 * rename_gateway(role name, new_name name, role_oid oid) returns void
 */
Datum
tc_rename_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(ROLE_RENAME_GATEWAY, fcinfo);
}

/*
 * write_version(version text) returns void
 */
Datum
tc_write_version(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	installed_version_write(PG_GETARG_DATUM(0));
	api_end(&call);
	PG_RETURN_VOID();
}
