/*
 * admin_trigger.c
 *		Keeps the last active admin of an organization.
 *
 * An admin is an active member with the admin role whose user is active.  Without an
 * admin, nobody in the organization could appoint another one.  A database administrator
 * can, so roles that bypass row-level security, and the provisioning functions, may
 * remove the last admin.
 *
 * Two concurrent transactions that each remove an admin would each still see the other
 * admin.  Therefore a statement that removes an admin waits here for every other such
 * statement of the organization, and then checks what is committed now, whatever the
 * transaction's snapshot shows.  The lock is the last one that such a statement takes,
 * and clients cannot take it in another way.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/uuid.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/trigger_row.h"
#include "identity/admin_trigger.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(tc_keep_admin);

/*
 * $1 organization, $2 user: returns whether another admin exists, and whether the
 * organization still exists and this user is active.  Since PostgreSQL 18, the trigger
 * runs as the tables' owner when the deletion of the organization cascades to its members.
 */
static KeptPlan others_plan = BOOKKEEPING_PLAN(
	"SELECT EXISTS (SELECT FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id OPERATOR(pg_catalog.=) m.user_id"
	" WHERE m.org_id OPERATOR(pg_catalog.=) $1 AND m.user_id OPERATOR(pg_catalog.<>) $2"
	" AND m.role OPERATOR(pg_catalog.=) 'admin' AND m.is_active AND u.is_active),"
	" EXISTS (SELECT FROM taskcrm.app_user u, taskcrm.organization o"
	" WHERE u.id OPERATOR(pg_catalog.=) $2 AND u.is_active AND o.id OPERATOR(pg_catalog.=) $1)",
	2, UUIDOID, UUIDOID);

static bool
is_admin(const TriggerData *data, HeapTuple row)
{
	return DatumGetBool(trigger_row_value(data->tg_relation, row, "is_active", BOOLOID)) &&
		strcmp(TextDatumGetCString(trigger_row_value(data->tg_relation, row, "role", TEXTOID)), "admin") == 0;
}

/* Waits for other transactions that remove an admin of the organization. */
static void
lock_admins(Oid member, Datum org_id)
{
	uint32		key = hash_bytes((const unsigned char *) DatumGetUUIDP(org_id), UUID_LEN);

	/* No other lock uses the class of this table's OID with an object. */
	LockDatabaseObject(member, (Oid) key, 0, ExclusiveLock);
}

tc_noreturn static void
raise_last_admin(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_CONFLICT),
			 errmsg("the last active admin of an organization cannot be removed or lose the role"),
			 errhint("Make another active member an admin first.")));
}

static bool
is_last(Datum org_id, Datum user_id)
{
	Datum		values[2] = {org_id, user_id};
	OwnerSwitch saved;
	bool		isnull;
	bool		last;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run_newest(&others_plan, values);
	last = !DatumGetBool(plan_value(0, 1, &isnull)) && DatumGetBool(plan_value(0, 2, &isnull));
	SPI_finish();
	owner_leave(&saved);
	return last;
}

/*
 * Raises PT409 if an admin is the last one of its organization.  Call it before the
 * statement that removes the admin.  Others that remove one wait until the end of the
 * transaction.
 */
void
admin_refuse_last(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	lock_admins(owner_require_table("member"), UUIDPGetDatum(org_id));
	if (is_last(UUIDPGetDatum(org_id), UUIDPGetDatum(user_id)))
		raise_last_admin();
}

/*
 * keep_admin() returns trigger
 *
 * Fires after UPDATE and DELETE of each member.  Raises PT409 if no admin is left.
 */
Datum
tc_keep_admin(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Datum		org_id;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after UPDATE or DELETE for each row",
						"keep_admin")));

	if (!is_admin(data, data->tg_trigtuple) ||
		(TRIGGER_FIRED_BY_UPDATE(data->tg_event) && is_admin(data, data->tg_newtuple)))
		return PointerGetDatum(NULL);
	/* The node that was asked checks it, for all copies of the row. */
	if (identity_is_node())
		return PointerGetDatum(NULL);
	if (check_enable_rls(RelationGetRelid(data->tg_relation), InvalidOid, true) != RLS_ENABLED)
		return PointerGetDatum(NULL);

	org_id = trigger_row_value(data->tg_relation, data->tg_trigtuple, "org_id", UUIDOID);
	lock_admins(RelationGetRelid(data->tg_relation), org_id);
	if (is_last(org_id, trigger_row_value(data->tg_relation, data->tg_trigtuple, "user_id", UUIDOID)))
		raise_last_admin();
	return PointerGetDatum(NULL);
}
