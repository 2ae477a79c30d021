/*
 * client_row.c
 *		Rows that clients write directly, for triggers.
 *
 * Triggers fire before the policies reject a row.  A trigger that reads the tables as their
 * owner must not do so for a row that claims to belong to another organization: its error,
 * or the lack of one, would tell what is in that organization.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "db/owner.h"
#include "db/trigger_row.h"
#include "identity/identity.h"
#include "task/client_row.h"

/*
 * Returns whether the statement was issued by a role that row-level security binds, and is
 * not one of the extension's own.  relation: the trigger's table.
 */
bool
client_row_is_bound(Relation relation)
{
	return !owner_runs() &&
		check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED;
}

/*
 * Returns whether org_id of the new row is the caller's organization; false for NULL.
 * data: of a row-level trigger before INSERT or UPDATE.  Raises what trigger_row_nullable() raises.
 */
bool
client_row_is_own(const TriggerData *data)
{
	const Identity *identity = identity_current();
	bool		isnull;
	Datum		org_id = trigger_row_nullable(data->tg_relation, trigger_row_new(data), "org_id", UUIDOID, &isnull);

	return !isnull && identity->has_org && tc_uuid_compare(DatumGetUUIDP(org_id), &identity->org_id) == 0;
}
