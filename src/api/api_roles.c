/*
 * api_roles.c
 *		Writes for tc_install() and for the functions that manage logins and gateways.
 *
 * The callers are superusers, and the tables belong to a role that is not: a trigger, a
 * default or a domain constraint made by that role must not run as the caller.  So these
 * statements run as the owner of the tables, like all other statements of the extension.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "api/api_call.h"
#include "db/plan.h"

PG_FUNCTION_INFO_V1(tc_write_login);
PG_FUNCTION_INFO_V1(tc_write_gateway);
PG_FUNCTION_INFO_V1(tc_delete_login);
PG_FUNCTION_INFO_V1(tc_delete_gateway);
PG_FUNCTION_INFO_V1(tc_rename_login);
PG_FUNCTION_INFO_V1(tc_rename_gateway);
PG_FUNCTION_INFO_V1(tc_write_version);

#define MAX_ARGUMENTS 3

static KeptPlan write_login_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.login (role_name, role_oid, user_id) VALUES ($1, $2, $3)"
	" ON CONFLICT (role_name) DO UPDATE SET role_oid = excluded.role_oid, user_id = excluded.user_id",
	3, NAMEOID, OIDOID, UUIDOID);

static KeptPlan write_gateway_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.gateway (role_name, role_oid) VALUES ($1, $2)"
	" ON CONFLICT (role_name) DO UPDATE SET role_oid = excluded.role_oid",
	2, NAMEOID, OIDOID);

static KeptPlan delete_login_plan = BOOKKEEPING_PLAN("DELETE FROM taskcrm.login WHERE role_name = $1", 1, NAMEOID);

static KeptPlan delete_gateway_plan = BOOKKEEPING_PLAN("DELETE FROM taskcrm.gateway WHERE role_name = $1", 1, NAMEOID);

/* $1 the stored name, $2 the current name and $3 the OID of the role. */
static KeptPlan rename_login_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.login SET role_name = $2, role_oid = $3 WHERE role_name = $1",
	3, NAMEOID, NAMEOID, OIDOID);

static KeptPlan rename_gateway_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.gateway SET role_name = $2, role_oid = $3 WHERE role_name = $1",
	3, NAMEOID, NAMEOID, OIDOID);

static KeptPlan delete_version_plan = BOOKKEEPING_PLAN("DELETE FROM taskcrm.installation", 0, InvalidOid);

static KeptPlan write_version_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.installation (version) VALUES ($1)", 1, TEXTOID);

/* Runs a statement with the arguments of the function, which are never NULL. */
static void
run_with_arguments(KeptPlan *plan, FunctionCallInfo fcinfo)
{
	Datum		values[MAX_ARGUMENTS];

	Assert(plan->nargs <= MAX_ARGUMENTS);
	for (int i = 0; i < plan->nargs; i++)
		values[i] = PG_GETARG_DATUM(i);
	plan_run(plan, values, NULL, false);
}

/*
 * Runs it as a call of its own.  written: the table that it must write a row of, or NULL.
 */
static Datum
run_alone(KeptPlan *plan, FunctionCallInfo fcinfo, const char *written)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	run_with_arguments(plan, fcinfo);
	if (written != NULL)
		plan_require_rows(1, written);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * write_login(role name, role_oid oid, user_id uuid) returns void
 */
Datum
tc_write_login(PG_FUNCTION_ARGS)
{
	return run_alone(&write_login_plan, fcinfo, "login");
}

/*
 * write_gateway(role name, role_oid oid) returns void
 */
Datum
tc_write_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(&write_gateway_plan, fcinfo, "gateway");
}

/*
 * delete_login(role name) returns void
 */
Datum
tc_delete_login(PG_FUNCTION_ARGS)
{
	return run_alone(&delete_login_plan, fcinfo, NULL);
}

/*
 * delete_gateway(role name) returns void
 */
Datum
tc_delete_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(&delete_gateway_plan, fcinfo, NULL);
}

/*
 * rename_login(role name, new_name name, role_oid oid) returns void
 */
Datum
tc_rename_login(PG_FUNCTION_ARGS)
{
	return run_alone(&rename_login_plan, fcinfo, "login");
}

/*
 * rename_gateway(role name, new_name name, role_oid oid) returns void
 */
Datum
tc_rename_gateway(PG_FUNCTION_ARGS)
{
	return run_alone(&rename_gateway_plan, fcinfo, "gateway");
}

/*
 * write_version(version text) returns void
 */
Datum
tc_write_version(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	plan_run(&delete_version_plan, NULL, NULL, false);
	run_with_arguments(&write_version_plan, fcinfo);
	plan_require_rows(1, "installation");
	api_end(&call);
	PG_RETURN_VOID();
}
