/*
 * owner.c
 *		The tables' owner, and running as it.
 *
 * API functions run their statements as the owner of the tables, which client
 * roles cannot become, the way the server's own foreign-key checks do.  The
 * tables FORCE row-level security, so that in OWNER_TENANT mode the policies bind
 * every statement to the caller's identity.  OWNER_BOOKKEEPING lifts that, and is
 * for code that has no tenant: finding out who calls, provisioning.
 *
 * On an error the server restores user and context itself when it aborts the
 * (sub)transaction, so that leaving needs no PG_TRY.
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
 * The OID of one of our tables.  name: unqualified, not NULL.  Raises 55000 with
 * the remedy when tc_install() has not made it, or a view or such is in its place.
 */
Oid
owner_require_table(const char *name)
{
	Oid			schema = get_namespace_oid("taskcrm", true);
	Oid			table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of taskcrm are not installed in this database"),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	/* What reads rows by their place or opens a table's storage finds none in a view. */
	if (get_rel_relkind(table) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("\"taskcrm.%s\" is not an ordinary table", name),
				 errhint("Drop or rename it, and run CALL taskcrm.tc_install() as a superuser.")));
	return table;
}

/* The owner of a table, or InvalidOid if there is no such table any more. */
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
 * The owner of the tables.  A dump that was restored where the owner role was
 * missing leaves them to a superuser, whom no policy binds: then nothing may run.
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
				 errmsg("the tables of taskcrm belong to a role that row-level security does not bind"),
				 errdetail("Their owner is a superuser or has BYPASSRLS, as after a restore without the role that owned them."),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	/* As after REASSIGN OWNED or ALTER TABLE ... OWNER TO. */
	if (!tc_may_use_schema(get_namespace_oid("taskcrm_internal", false), owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of taskcrm belong to a role that lacks the rights of their owner"),
				 errdetail("They were given to role \"%s\" by other means than tc_install().",
						   GetUserNameFromId(owner, false)),
				 errhint("Run CALL taskcrm.tc_install() as a superuser.")));
	return owner;
}

/*
 * Runs what follows as the tables' owner, until owner_leave(saved).  Never
 * inherits SECURITY_NOFORCE_RLS: a cascade runs with it, and an API call from a
 * trigger below one would see every tenant.  Raises 55000 when the tables are
 * missing or their owner is unfit.
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
	/* A trigger of the owner that is deferred would run at the end, as the superuser. */
	if (mode == OWNER_BOOKKEEPING && superuser_arg(saved->saved_user))
		context |= SECURITY_RESTRICTED_OPERATION;
	SetUserIdAndSecContext(owner, context);
}

/* Goes back to whoever ran before owner_enter(saved).  Never raises. */
void
owner_leave(const OwnerSwitch *saved)
{
	SetUserIdAndSecContext(saved->saved_user, saved->saved_context);
}

/* Whether the code that asks runs in the given mode.  Never raises. */
bool
owner_mode_is(OwnerMode mode)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return (context & SECURITY_LOCAL_USERID_CHANGE) != 0 &&
		((context & SECURITY_NOFORCE_RLS) != 0) == (mode == OWNER_BOOKKEEPING);
}

/* Whether the code that asks runs as the tables' owner, if there are tables. */
static bool
is_owner(void)
{
	Oid			schema = get_namespace_oid("taskcrm", true);
	Oid			table = OidIsValid(schema) ? get_relname_relid("task", schema) : InvalidOid;

	return OidIsValid(table) && owner_of_table(table) == GetUserId();
}

/*
 * Whether what runs is a statement of our own, for a tenant: as the tables' owner, and in
 * the mode for it.  A function with SECURITY DEFINER runs in the same mode, but as
 * somebody else.  Never raises.
 */
bool
owner_runs(void)
{
	return owner_mode_is(OWNER_TENANT) && is_owner();
}

/* Whether what is planned is a statement of our own, in either mode.  Never raises. */
bool
owner_plans(void)
{
	return (owner_mode_is(OWNER_TENANT) || owner_mode_is(OWNER_BOOKKEEPING)) && is_owner();
}
