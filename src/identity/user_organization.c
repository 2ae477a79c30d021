/*
 * user_organization.c
 *		The organizations of a user, whoever calls.
 *
 * The name of a user is a change in each of them.  So a transaction that adds a member holds the user:
 * one that renames the user waits for it, and then finds the member.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "identity/user_organization.h"

static KeptPlan organizations_plan = BOOKKEEPING_PLAN(
	"SELECT m.org_id FROM taskcrm.member m WHERE m.user_id OPERATOR(pg_catalog.=) $1 ORDER BY m.org_id",
	1, UUIDOID);

static KeptPlan hold_user_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.app_user u WHERE u.id OPERATOR(pg_catalog.=) $1 FOR SHARE OF u",
	1, UUIDOID);

/*
 * Sets the organizations that a user is a member of, also those that others have added since the
 * statement began.  Returns their number.  Uses SPI.
 */
int
user_organizations(pg_uuid_t **orgs, const pg_uuid_t *user_id)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum		values[1] = {UUIDPGetDatum(user_id)};
	OwnerSwitch saved;
	int			count;
	bool		isnull;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run_newest(&organizations_plan, values);
	count = (int) SPI_processed;
	*orgs = MemoryContextAlloc(caller, sizeof(pg_uuid_t) * (count + 1));
	for (int i = 0; i < count; i++)
		(*orgs)[i] = *DatumGetUUIDP(plan_value((uint64) i, 1, &isnull));
	SPI_finish();
	owner_leave(&saved);
	return count;
}

/*
 * Keeps others from changing a user until the end of the transaction.  Not on a cluster, where a row
 * of every node would have to be locked.
 */
void
user_hold(const pg_uuid_t *user_id)
{
	Datum		values[1] = {UUIDPGetDatum(user_id)};
	OwnerSwitch saved;

	if (cluster_is_distributed())
		return;
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run(&hold_user_plan, values, NULL, false);
	SPI_finish();
	owner_leave(&saved);
}
