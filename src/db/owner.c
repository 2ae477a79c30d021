/*
 * owner.c
 *		The owner of the tables, and how code runs as that role.
 *
 * API functions run their statements as the owner of the tables, which client roles
 * cannot become; the server's foreign-key checks work the same way.  The tables FORCE
 * row-level security, so that in OWNER_TENANT mode the policies bind every statement to
 * the caller's identity.  OWNER_BOOKKEEPING lifts this, for code that has no tenant:
 * identifying the caller, provisioning, maintenance.
 *
 * After an error the server restores the user and the security context when it aborts the
 * (sub)transaction, so callers need no PG_TRY.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "db/owner.h"

/*
 * The schema of the tables that clients use, and that of the tables that no client reads.
 * No two tables have the same name.
 */
static const char *const table_schemas[] = {"taskcrm_internal", "taskcrm"};

/*
 * Returns whether a schema contains tables of the extension.  Never raises an error.
 */
bool
owner_schema_is_ours(Oid schema)
{
	for (int i = 0; i < (int) lengthof(table_schemas); i++)
	{
		if (OidIsValid(schema) && schema == get_namespace_oid(table_schemas[i], true))
			return true;
	}
	return false;
}

/*
 * Returns the OID of one of the extension's tables.  name: unqualified, not NULL.  Raises
 * 55000 with a hint if tc_install() has not created the table, or if another kind of
 * relation has its name.
 */
Oid
owner_require_table(const char *name)
{
	Oid			table = InvalidOid;

	for (int i = 0; i < (int) lengthof(table_schemas) && !OidIsValid(table); i++)
	{
		Oid			schema = get_namespace_oid(table_schemas[i], true);

		if (OidIsValid(schema))
			table = get_relname_relid(name, schema);
	}
	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of taskcrm are not installed in this database"),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	/* Code that reads rows by position or opens the table's storage cannot use a view. */
	if (get_rel_relkind(table) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("\"%s.%s\" is not an ordinary table", get_namespace_name(get_rel_namespace(table)), name),
				 errhint("Drop or rename it, and run CALL taskcrm.tc_install() as a superuser.")));
	return table;
}

/* Returns the owner of a table, or InvalidOid if the table no longer exists. */
Oid
owner_of_table(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Returns the owner of the tables.  If a dump is restored where the owner role does not
 * exist, a superuser owns the tables.  No policy binds a superuser, so this raises 55000.
 */
static Oid
find_owner(void)
{
	Oid			table = owner_require_table("task");
	Oid			owner = owner_of_table(table);

	if (!OidIsValid(owner))
		elog(ERROR, "cache lookup failed for relation %u", table);
	if (has_bypassrls_privilege(owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the owner of the tables of taskcrm bypasses row-level security"),
				 errdetail("The owner is a superuser or has BYPASSRLS. This can happen after a restore without the role that owned them."),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	/* This happens after REASSIGN OWNED or ALTER TABLE ... OWNER TO. */
	if (!tc_may_use_schema(get_namespace_oid("taskcrm_internal", false), owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the owner of the tables of taskcrm lacks required privileges"),
				 errdetail("Their owner was changed to role \"%s\" by other means than tc_install().",
						   GetUserNameFromId(owner, false)),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	return owner;
}

/*
 * Switches to the owner of the tables until owner_leave(saved).  Never inherits
 * SECURITY_NOFORCE_RLS: a cascade runs with that flag, and an API call from a trigger
 * below it would see the rows of every tenant.  Raises 55000 if the tables do not exist
 * or their owner is not allowed.
 */
void
owner_enter(OwnerSwitch *saved, OwnerMode mode)
{
	Oid			owner = find_owner();
	int			context;

	GetUserIdAndSecContext(&saved->saved_user, &saved->saved_context);
	context = (saved->saved_context | SECURITY_LOCAL_USERID_CHANGE) & ~SECURITY_NOFORCE_RLS;
	if (mode == OWNER_BOOKKEEPING)
		context |= SECURITY_NOFORCE_RLS;
	/* A deferred trigger of the owner would run at commit, as the superuser. */
	if (mode == OWNER_BOOKKEEPING && superuser_arg(saved->saved_user))
		context |= SECURITY_RESTRICTED_OPERATION;
	SetUserIdAndSecContext(owner, context);
}

/* Switches back to the user before owner_enter(saved).  Never raises an error. */
void
owner_leave(const OwnerSwitch *saved)
{
	SetUserIdAndSecContext(saved->saved_user, saved->saved_context);
}

/* Returns whether the current code runs in the given mode.  Never raises an error. */
bool
owner_mode_is(OwnerMode mode)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return (context & SECURITY_LOCAL_USERID_CHANGE) != 0 &&
		((context & SECURITY_NOFORCE_RLS) != 0) == (mode == OWNER_BOOKKEEPING);
}

/*
 * Returns whether the current code runs as the owner of the tables; false if there are no
 * tables.
 */
static bool
is_owner(void)
{
	Oid			schema = get_namespace_oid("taskcrm", true);
	Oid			table = OidIsValid(schema) ? get_relname_relid("task", schema) : InvalidOid;

	return OidIsValid(table) && owner_of_table(table) == GetUserId();
}

/*
 * Returns whether the owner of the tables has logged in and runs the current code: another
 * node of a cluster.  Never raises an error.
 */
bool
owner_is_session(void)
{
	return is_owner() && GetSessionUserId() == GetUserId();
}

/*
 * Returns whether the current statement is one of the extension's own, run for a tenant:
 * as the owner of the tables and in the mode for it.  A SECURITY DEFINER function runs in
 * the same mode, but as another user.  Never raises an error.
 */
bool
owner_runs(void)
{
	return owner_mode_is(OWNER_TENANT) && is_owner();
}

/*
 * Returns whether the statement being planned is one of the extension's own, in either
 * mode.  Never raises an error.
 */
bool
owner_plans(void)
{
	return (owner_mode_is(OWNER_TENANT) || owner_mode_is(OWNER_BOOKKEEPING)) && is_owner();
}
