/*
 * api_call.c
 *		Begins and ends an API call: identity, SPI, and the role of its statements.
 *
 * Between api_begin...() and api_end() the identity is pinned, and statements run in the
 * context that db/frame.c describes.  No cleanup is needed after an error: identity.c
 * removes the pin, and the server restores the rest.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "db/plan.h"

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
	[API_COMMENT] = FIND_PLAN("task_comment"),
	[API_ATTACHMENT] = FIND_PLAN("task_attachment")
};

static const ApiNoun find_nouns[] = {
	[API_COMMENT] = NOUN_COMMENT,
	[API_ATTACHMENT] = NOUN_ATTACHMENT
};

/*
 * Sets the organization of an identity to the one that has the row, among those in which
 * the user is an active member.  Returns false if there is none.
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
 * Begins an API call: identifies the caller and connects to SPI.  Raises PT401, PT400 or
 * PT403 unless there is a user with an organization, and 55000 if the tables do not
 * exist.
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
 * Begins an API call on a row that is identified by its id alone, in any of the caller's
 * organizations; the selected organization does not matter.  Raises PT401 if there is no
 * user, 22023 if pk is NULL, PT404 if none of the organizations has the row.
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

/* Begins an API call that only admins may make.  Raises PT403 for others. */
void
api_begin_admin(ApiCall *call)
{
	api_begin(call);
	identity_require_admin(&call->identity);
}

/*
 * Begins a call that belongs to no organization, such as provisioning.  The EXECUTE
 * privilege controls who may call.  Raises 55000 if the tables do not exist.
 */
void
api_begin_upkeep(ApiCall *call)
{
	memset(&call->identity, 0, sizeof(call->identity));
	call->pinned = false;
	frame_enter(&call->frame, OWNER_BOOKKEEPING);
}

/*
 * Ends a call begun by one of the functions above.  The results of SPI are no longer
 * valid afterwards.  Settings that the call saved are restored.  Settings changed by a
 * trigger within the call stay changed, as they do when the trigger fires for a client's
 * own statement.
 */
void
api_end(ApiCall *call)
{
	frame_leave(&call->frame);
	if (call->pinned)
		identity_unpin();
}

/*
 * The same for a call of an organization that has written.  First removes some expired
 * idempotency keys.
 */
void
api_end_write(ApiCall *call)
{
	idempotency_sweep(&call->identity);
	api_end(call);
}
