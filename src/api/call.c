/*
 * call.c
 *		The frame of an API call: who calls, as whom its statements run.
 *
 * Between api_begin...() and api_end() the identity is pinned, statements run as the
 * tables' owner under row-level security, and the settings that change what a
 * statement means are ours.  An error in between needs no cleaning up: the server
 * puts user, settings and SPI back when it aborts the (sub)transaction, and
 * identity.c drops the pin.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/rls.h"

#include "api/call.h"

/* pg_temp last: where it is not named, it is first. */
#define SEARCH_PATH "pg_catalog, taskcrm, pg_temp"

static void
set_for_call(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

static void
enter(ApiCall *call, OwnerMode mode)
{
	owner_enter(&call->saved, mode);
	call->guc_level = NewGUCNestLevel();
	if (strcmp(namespace_search_path, SEARCH_PATH) != 0)
		set_for_call("search_path", SEARCH_PATH);
	/* Off, it would turn every statement here into an error. */
	if (!row_security)
		set_for_call("row_security", "on");
	SPI_connect();
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

	call->pinned = identity_pinned() == NULL;
	if (call->pinned)
		identity_pin(&call->identity);
	enter(call, OWNER_TENANT);
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
	enter(call, OWNER_BOOKKEEPING);
}

/* Ends what one of the above began.  What SPI returned is gone after it. */
void
api_end(ApiCall *call)
{
	SPI_finish();
	AtEOXact_GUC(false, call->guc_level);
	owner_leave(&call->saved);
	if (call->pinned)
		identity_pin(NULL);
}
