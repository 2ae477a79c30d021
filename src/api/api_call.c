/*
 * api_call.c
 *		The frame of an API call: who calls, as whom its statements run.
 *
 * Between api_begin...() and api_end() the identity is pinned and statements run in the
 * frame that db/frame.c describes.  An error in between needs no cleaning up: identity.c
 * drops the pin, and the server takes back the rest.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "db/plan.h"

/* $1 user, $2 id, $3 the only organization or NULL: the user's organization that has it. */
#define FIND_PLAN(table) \
	{.sql = "SELECT m.org_id, m.role OPERATOR(pg_catalog.=) 'admin'" \
	 " FROM taskcrm.member m JOIN taskcrm." table " x" \
	 " ON x.org_id OPERATOR(pg_catalog.=) m.org_id AND x.id OPERATOR(pg_catalog.=) $2" \
	 " WHERE m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active" \
	 " AND ($3 IS NULL OR m.org_id OPERATOR(pg_catalog.=) $3)", \
	 .mode = OWNER_BOOKKEEPING, .nargs = 3, .argtypes = {UUIDOID, UUIDOID, UUIDOID}}

static KeptPlan find_plans[] = {
	[API_COMMENT] = FIND_PLAN("task_comment"),
	[API_ATTACHMENT] = FIND_PLAN("task_attachment")
};

static const char *const find_nouns[] = {
	[API_COMMENT] = "comment",
	[API_ATTACHMENT] = "attachment"
};

/*
 * Sets the organization of an identity to the one, of those the user is an active
 * member of, that has what is looked for.  Returns false when none has.
 */
static bool
find_organization(Identity *identity, ApiFound what, const pg_uuid_t *id)
{
	Datum		values[3] = {UUIDPGetDatum(&identity->user_id), UUIDPGetDatum(id), UUIDPGetDatum(&identity->limited_to)};
	OwnerSwitch saved;
	bool		isnull;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run_latest(&find_plans[what], values, identity->is_limited ? NULL : "  n");
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

/*
 * Begins an API call: finds out who calls, and opens SPI.  Raises PT401, PT400 or
 * PT403 unless there is a user with an organization, and 55000 without tables.
 */
void
api_begin(ApiCall *call)
{
	call->identity = *identity_current();
	identity_require_org(&call->identity);

	identity_pin(&call->identity);
	call->pinned = true;
	frame_enter(&call->frame, OWNER_TENANT);
}

/*
 * Begins an API call on something that is known by its id alone, in whichever of the
 * caller's organizations it is; what is selected does not matter.  Raises PT401 for
 * nobody, 22023 when pk is NULL, PT404 when it is in none.
 */
void
api_begin_where_found(ApiCall *call, ApiFound what, const pg_uuid_t *pk)
{
	call->identity = *identity_current();
	identity_require_user(&call->identity);
	argument_require(pk, "pk");
	if (!find_organization(&call->identity, what, pk))
		argument_not_found(find_nouns[what]);
	identity_pin(&call->identity);
	call->pinned = true;
	frame_enter(&call->frame, OWNER_TENANT);
}

/* Begins an API call that only admins may make: PT403 for others. */
void
api_begin_admin(ApiCall *call)
{
	api_begin(call);
	identity_require_admin(&call->identity);
}

/*
 * Begins a call that works for no organization: provisioning.  Whether the caller
 * may is the EXECUTE privilege's to say.  Raises 55000 without tables.
 */
void
api_begin_upkeep(ApiCall *call)
{
	memset(&call->identity, 0, sizeof(call->identity));
	call->pinned = false;
	frame_enter(&call->frame, OWNER_BOOKKEEPING);
}

/*
 * Ends what one of the above began.  What SPI returned is gone after it.  Settings that
 * the call saved are put back; what a trigger below it has set stays, as it does where the
 * trigger fires for a client's own statement.
 */
void
api_end(ApiCall *call)
{
	frame_leave(&call->frame);
	if (call->pinned)
		identity_unpin();
}

/*
 * The same for a call of an organization that has written: does its share of the
 * housekeeping first.
 */
void
api_end_write(ApiCall *call)
{
	idempotency_sweep(&call->identity);
	api_end(call);
}
