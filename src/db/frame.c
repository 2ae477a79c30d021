/*
 * frame.c
 *		The frame in which the extension runs its statements.
 *
 * In it, statements run as the tables' owner, SPI is connected, and the settings that
 * change what a statement means are ours.  An error in between needs no cleaning up: the
 * server puts user, settings and SPI back when it aborts the (sub)transaction.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/rls.h"

#include "db/frame.h"

/* pg_temp last: where it is not named, it is first. */
#define SEARCH_PATH "pg_catalog, taskcrm, pg_temp"

static void
set_in_frame(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Begins a frame.  Raises 55000 without tables. */
void
frame_enter(StatementFrame *frame, OwnerMode mode)
{
	owner_enter(&frame->saved, mode);
	frame->guc_level = NewGUCNestLevel();
	if (strcmp(namespace_search_path, SEARCH_PATH) != 0)
		set_in_frame("search_path", SEARCH_PATH);
	/* Off, it would turn every statement here into an error. */
	if (!row_security)
		set_in_frame("row_security", "on");
	/* Which of our plans are made for the values is decided statement by statement. */
	if (plan_cache_mode != PLAN_CACHE_MODE_AUTO)
		set_in_frame("plan_cache_mode", "auto");
	SPI_connect();
}

/*
 * Ends a frame.  What SPI returned is gone after it.  Settings that the frame saved are
 * put back; what a trigger within it has set stays, as it does where the trigger fires
 * for a client's own statement.
 */
void
frame_leave(const StatementFrame *frame)
{
	SPI_finish();
	AtEOXact_GUC(true, frame->guc_level);
	owner_leave(&frame->saved);
}
