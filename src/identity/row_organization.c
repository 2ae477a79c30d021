/*
 * row_organization.c
 *		Finds the organization of a row that is identified by its id alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/cluster.h"
#include "db/plan.h"
#include "identity/row_organization.h"

/* Not with a task in the bin. */
#define IN_TASK "x.task_id IS NOT NULL"

/*
 * $1 user, $2 id, $3 the only allowed organization or NULL: returns the user's
 * organization that has the row.
 */
#define FIND_PLAN(table) \
	BOOKKEEPING_PLAN("SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'" \
	 " FROM taskcrm.member m JOIN taskcrm." table " x" \
	 " ON x.org_id OPERATOR(pg_catalog.=) m.org_id AND x.id OPERATOR(pg_catalog.=) $2 AND " IN_TASK \
	 " WHERE m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active" \
	 " AND ($3 IS NULL OR m.org_id OPERATOR(pg_catalog.=) $3)", \
	 3, UUIDOID, UUIDOID, UUIDOID)

static KeptPlan find_plans[] = {
	[FOUND_COMMENT] = FIND_PLAN("task_comment"),
	[FOUND_ATTACHMENT] = FIND_PLAN("task_attachment")
};

/* $1 user, $2 the only allowed organization or NULL. */
static KeptPlan memberships_plan = BOOKKEEPING_PLAN(
	"SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin' FROM taskcrm.member m"
	" WHERE m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" AND ($2 IS NULL OR m.org_id OPERATOR(pg_catalog.=) $2)",
	2, UUIDOID, UUIDOID);

#define HAS_PLAN(table) \
	BOOKKEEPING_PLAN("SELECT FROM taskcrm." table " x" \
	 " WHERE x.org_id OPERATOR(pg_catalog.=) $1 AND x.id OPERATOR(pg_catalog.=) $2 AND " IN_TASK, \
	 2, UUIDOID, UUIDOID)

static KeptPlan has_plans[] = {
	[FOUND_COMMENT] = HAS_PLAN("task_comment"),
	[FOUND_ATTACHMENT] = HAS_PLAN("task_attachment")
};

/*
 * Finds the organizations that an identity's user may work in.  memberships: set to them,
 * palloc'ed.  Returns how many there are.
 */
int
row_organization_list(const Identity *identity, Membership **memberships)
{
	MemoryContext context = CurrentMemoryContext;
	PlanArgs	args = {0};
	OwnerSwitch saved;
	bool		isnull;
	int			count;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	plan_arg_nullable(&args, identity_limit(identity));
	plan_run_latest(&memberships_plan, args.values, args.nulls);
	count = (int) SPI_processed;
	*memberships = MemoryContextAlloc(context, sizeof(Membership) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		(*memberships)[i].org_id = *DatumGetUUIDP(plan_value(i, 1, &isnull));
		(*memberships)[i].is_admin = DatumGetBool(plan_value(i, 2, &isnull));
	}
	SPI_finish();
	owner_leave(&saved);
	return count;
}

/* Returns whether the organization of an identity, which is on this node, has a row. */
bool
row_organization_has(const Identity *identity, FoundRow what, const pg_uuid_t *id)
{
	PlanArgs	args = {0};
	OwnerSwitch saved;
	bool		found;

	identity_pin(identity);
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	plan_run_latest(&has_plans[what], args.values, args.nulls);
	found = SPI_processed > 0;
	SPI_finish();
	owner_leave(&saved);
	identity_unpin();
	return found;
}

/* The same as below on a cluster, among the organizations of this node. */
static bool
find_on_node(Identity *identity, FoundRow what, const pg_uuid_t *id)
{
	Membership *memberships;
	int			count = row_organization_list(identity, &memberships);

	identity->has_org = false;
	for (int i = 0; i < count && !identity->has_org; i++)
	{
		if (!cluster_is_here(&memberships[i].org_id))
			continue;
		identity->has_org = true;
		identity->org_id = memberships[i].org_id;
		identity->is_admin = memberships[i].is_admin;
		identity->has_org = row_organization_has(identity, what, id);
	}
	return identity->has_org;
}

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

	if (cluster_is_distributed())
		return find_on_node(identity, what, id);
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
