/*
 * api_call.c
 *		Begins and ends an API call: identity, SPI, and the role of its statements.
 *
 * Between api_begin...() and api_end() the identity is pinned, and statements run in the
 * context that db/frame.c describes.  No cleanup is needed after an error: identity.c
 * removes the pin, call_stats.c counts the call as failed, and the server restores the
 * rest.
 *
 * The macros in api_call.h that begin a call, such as api_begin(), count it and call the
 * functions here.
 */
#include "postgres.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "base/progress.h"
#include "event/event_record.h"
#include "task/own_column.h"

static const ApiNoun find_nouns[] = {
	[FOUND_COMMENT] = NOUN_COMMENT,
	[FOUND_ATTACHMENT] = NOUN_ATTACHMENT
};

/* Enters the frame of a call of a user, whose changes are recorded together. */
static void
enter_call(ApiCall *call, OwnerMode mode)
{
	identity_pin(&call->identity);
	call->pinned = true;
	frame_enter(&call->frame, mode);
	event_scope_begin();
}

/*
 * Begins an API call: identifies the caller and connects to SPI.  Raises PT401, PT400 or
 * PT403 unless there is a user with an organization, and 55000 if the tables do not
 * exist.
 */
void
api_call_begin(ApiCall *call)
{
	call->identity = *identity_current();
	identity_require_org(&call->identity);
	own_column_refresh();

	enter_call(call, OWNER_TENANT);
}

/*
 * Begins an API call on a row that is identified by its id alone, in any of the caller's
 * organizations; the selected organization does not matter.  Raises PT401 if there is no
 * user, 22023 if pk is NULL, PT404 if none of the organizations has the row.
 */
void
api_call_begin_where_found(ApiCall *call, FoundRow what, const pg_uuid_t *pk)
{
	call->identity = *identity_current();
	identity_require_user(&call->identity);
	argument_require(pk, "pk");
	if (!row_organization_find(&call->identity, what, pk))
		argument_not_found(find_nouns[what]);
	own_column_refresh();
	enter_call(call, OWNER_TENANT);
}

/* Begins an API call that only admins may make.  Raises PT403 for others. */
void
api_call_begin_admin(ApiCall *call)
{
	api_call_begin(call);
	identity_require_admin(&call->identity);
}

/*
 * Begins a call of a user that does not depend on the selected organization.  No policy
 * binds its statements: each must name the user.  Raises PT401 if there is no user.
 */
void
api_call_begin_user(ApiCall *call)
{
	call->identity = *identity_current();
	identity_require_user(&call->identity);
	enter_call(call, OWNER_BOOKKEEPING);
}

/*
 * Begins a call that belongs to no organization, such as provisioning.  The EXECUTE
 * privilege controls who may call.  Raises 55000 if the tables do not exist.
 */
void
api_call_begin_upkeep(ApiCall *call)
{
	memset(&call->identity, 0, sizeof(call->identity));
	call->pinned = false;
	frame_enter(&call->frame, OWNER_BOOKKEEPING);
}

/*
 * Ends a call begun by one of the functions above, and records what it has changed.  The results of SPI are no longer
 * valid afterwards.  Settings that the call saved are restored.  Settings changed by a
 * trigger within the call stay changed, as they do when the trigger fires for a client's
 * own statement.
 */
void
api_end(ApiCall *call)
{
	if (call->pinned)
		event_scope_end();
	frame_leave(&call->frame);
	if (call->pinned)
		identity_unpin();
	progress_end();
	call_stats_end(call->counted);
}

/*
 * The same for a call of an organization that has written.  First removes some expired
 * idempotency keys and deleted tasks.
 */
void
api_end_write(ApiCall *call)
{
	idempotency_sweep(&call->identity);
	api_end(call);
}
