/*
 * member_cache.c
 *		Caches which users belong to an organization.
 *
 * The policy on app_user checks this for each row.  It calls a function instead of using
 * a sub-select, because a policy with a sub-select cannot be distributed, and because
 * app_user has no org_id, so no index could help.  The first few checks are answered one
 * by one.  Then all members are read into a hash table, which is used until a change of
 * memberships is announced (see identity_cache.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "db/owner.h"
#include "db/plan.h"
#include "identity/identity.h"
#include "identity/identity_cache.h"

PG_FUNCTION_INFO_V1(tc_is_colleague);

/* Looking up one user costs about as much as reading this many members. */
#define SINGLE_LOOKUPS 8

static KeptPlan one_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.member m"
	" WHERE m.org_id OPERATOR(pg_catalog.=) $1 AND m.user_id OPERATOR(pg_catalog.=) $2",
	2, UUIDOID, UUIDOID);

static KeptPlan all_plan = BOOKKEEPING_PLAN(
	"SELECT m.user_id FROM taskcrm.member m WHERE m.org_id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

/*
 * A pool serves many organizations in turn.  At most this many are cached, and no more
 * are added once they have this many members in total, of about 40 bytes each.
 */
#define MAX_ORGANIZATIONS 32
#define MAX_MEMBERS 1000000

/* The cached members of one organization. */
typedef struct KnownOrganization
{
	pg_uuid_t	org_id;			/* hash key: must be first */
	int			lookups;
	HTAB	   *users;			/* NULL until all are read */
} KnownOrganization;

static MemoryContext context = NULL;	/* of the whole cache */
static HTAB *organizations = NULL;
static uint64 known_generation;
static long known_members = 0;	/* in the whole cache */

static void
forget_members(uint64 generation)
{
	HASHCTL		control = {0};

	/* Forgotten first: making it again can fail. */
	organizations = NULL;
	if (context != NULL)
		MemoryContextDelete(context);
	context = NULL;
	context = AllocSetContextCreate(CacheMemoryContext, "taskcrm members", ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(pg_uuid_t);
	control.entrysize = sizeof(KnownOrganization);
	control.hcxt = context;
	organizations = hash_create("taskcrm organizations", MAX_ORGANIZATIONS, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	known_generation = generation;
	known_members = 0;
}

/* Returns the cache entry of an organization, emptied if a change was announced since. */
static KnownOrganization *
get_known(const pg_uuid_t *org_id)
{
	uint64		generation = identity_cache_generation();
	KnownOrganization *known;
	bool		found;

	if (organizations == NULL || known_generation != generation ||
		((hash_get_num_entries(organizations) >= MAX_ORGANIZATIONS || known_members >= MAX_MEMBERS) &&
		 hash_search(organizations, org_id, HASH_FIND, NULL) == NULL))
		forget_members(generation);
	known = hash_search(organizations, org_id, HASH_ENTER, &found);
	if (!found)
	{
		known->lookups = 0;
		known->users = NULL;
	}
	return known;
}

static bool
look_up_one(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id)};
	OwnerSwitch saved;
	bool		found;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run_latest(&one_plan, values, NULL);
	found = SPI_processed > 0;
	SPI_finish();
	owner_leave(&saved);
	return found;
}

static HTAB *
read_all(const pg_uuid_t *org_id)
{
	Datum		value = UUIDPGetDatum(org_id);
	HASHCTL		control = {0};
	OwnerSwitch saved;
	HTAB	   *users;

	control.keysize = sizeof(pg_uuid_t);
	control.entrysize = sizeof(pg_uuid_t);
	control.hcxt = context;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run_latest(&all_plan, &value, NULL);
	users = hash_create("taskcrm members", Max((long) SPI_processed, 16), &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;

		hash_search(users, DatumGetUUIDP(plan_value(row, 1, &isnull)), HASH_ENTER, NULL);
	}
	SPI_finish();
	owner_leave(&saved);
	return users;
}

/*
 * Returns whether a user is a member, active or not, of an organization, as committed
 * now.  Raises 55000 if the tables do not exist or their owner is not allowed.
 */
static bool
member_cache_has(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	KnownOrganization *known = get_known(org_id);
	HTAB	   *users = known->users;

	if (users == NULL)
	{
		if (known->lookups++ < SINGLE_LOOKUPS)
			return look_up_one(org_id, user_id);
		users = read_all(org_id);
		/* If a change is announced in the meantime, the table is used this once only. */
		if (identity_cache_generation() == known_generation)
		{
			known->users = users;
			known_members += hash_get_num_entries(users);
		}
	}
	return hash_search(users, user_id, HASH_FIND, NULL) != NULL;
}

/*
 * is_colleague(user_id uuid) returns boolean
 *
 * Returns whether the user belongs to the selected organization; false if nobody is
 * calling.
 */
Datum
tc_is_colleague(PG_FUNCTION_ARGS)
{
	const Identity *identity = identity_of_statement(fcinfo);

	PG_RETURN_BOOL(identity->has_org &&
				   member_cache_has(&identity->org_id, PG_GETARG_UUID_P(0)));
}
