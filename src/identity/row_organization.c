/*
 * row_organization.c
 *		Finds the organization of a row that is identified by its id alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "identity/row_organization.h"

/*
 * $1 user, $2 id, $3 the only allowed organization or NULL: returns the user's
 * organization that has the row.
 */
#define FIND_PLAN(table) \
	BOOKKEEPING_PLAN("SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'" \
	 " FROM taskcrm.member m JOIN taskcrm." table " x" \
	 " ON x.org_id OPERATOR(pg_catalog.=) m.org_id AND x.id OPERATOR(pg_catalog.=) $2" \
	 " WHERE m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active" \
	 " AND ($3 IS NULL OR m.org_id OPERATOR(pg_catalog.=) $3)", \
	 3, UUIDOID, UUIDOID, UUIDOID)

static KeptPlan find_plans[] = {
	[FOUND_COMMENT] = FIND_PLAN("task_comment"),
	[FOUND_ATTACHMENT] = FIND_PLAN("task_attachment")
};

/*
 * Sets the organization of an identity to the one that has the row, among those in which
 * the user is an active member.  Returns false if there is none.
 */
bool
row_organization_find(Identity *identity, FoundRow what, const pg_uuid_t *id)
{
	PlanArgs	args = {0};
	OwnerSwitch saved;
	bool		isnull;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	plan_arg(&args, UUIDPGetDatum(id));
	plan_arg_nullable(&args, identity_limit(identity));
	plan_run_latest(&find_plans[what], args.values, args.nulls);
	identity->has_org = SPI_processed > 0;
	if (identity->has_org)
	{
		identity->org_id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
		identity->is_admin = DatumGetBool(plan_value(0, 2, &isnull));
	}
	SPI_finish();
	owner_leave(&saved);
	return identity->has_org;
}
