/*
 * role_store.c
 *		Stores which roles are logins of users, and which are gateways.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "identity/role_store.h"

static struct
{
	const char *written;		/* the table in which it must write a row, or NULL */
	KeptPlan	plan;
}			statements[] = {
	[ROLE_WRITE_LOGIN] = {
		.written = "login",
		.plan = BOOKKEEPING_PLAN(
			"INSERT INTO taskcrm_internal.login (role_name, role_oid, user_id) VALUES ($1, $2, $3)"
			" ON CONFLICT (role_name) DO UPDATE SET role_oid = excluded.role_oid, user_id = excluded.user_id",
			3, NAMEOID, OIDOID, UUIDOID)
	},
	[ROLE_WRITE_GATEWAY] = {
		.written = "gateway",
		.plan = BOOKKEEPING_PLAN(
			"INSERT INTO taskcrm_internal.gateway (role_name, role_oid) VALUES ($1, $2)"
			" ON CONFLICT (role_name) DO UPDATE SET role_oid = excluded.role_oid",
			2, NAMEOID, OIDOID)
	},
	[ROLE_DELETE_LOGIN] = {
		.plan = BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.login WHERE role_name = $1",
			1, NAMEOID)
	},
	[ROLE_DELETE_GATEWAY] = {
		.plan = BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.gateway WHERE role_name = $1",
			1, NAMEOID)
	},
	[ROLE_RENAME_LOGIN] = {
		.written = "login",
		.plan = BOOKKEEPING_PLAN(
			"UPDATE taskcrm_internal.login SET role_name = $2, role_oid = $3 WHERE role_name = $1",
			3, NAMEOID, NAMEOID, OIDOID)
	},
	[ROLE_RENAME_GATEWAY] = {
		.written = "gateway",
		.plan = BOOKKEEPING_PLAN(
			"UPDATE taskcrm_internal.gateway SET role_name = $2, role_oid = $3 WHERE role_name = $1",
			3, NAMEOID, NAMEOID, OIDOID)
	}
};

/*
 * Runs a statement.  args: none is NULL.  Raises 09000 if a trigger suppresses the row.
 * Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
role_store_run(RoleStatement statement, const NullableDatum *args)
{
	KeptPlan   *plan = &statements[statement].plan;
	PlanArgs	values = {0};

	for (int i = 0; i < plan->nargs; i++)
		plan_arg_nullable(&values, args[i]);
	plan_run_args(plan, &values);
	if (statements[statement].written != NULL)
		plan_require_rows(1, statements[statement].written);
}
