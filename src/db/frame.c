/*
 * frame.c
 *		The context in which the extension runs its statements.
 *
 * In a frame, statements run as the owner of the tables, SPI is connected, and settings
 * that change the meaning of a statement have fixed values.  No cleanup is needed after
 * an error: the server restores the user, the settings and SPI when it aborts the
 * (sub)transaction.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/rls.h"

#include "db/frame.h"

/* pg_temp comes last; if it were not named, it would be searched first. */
#define SEARCH_PATH "pg_catalog, taskcrm, pg_temp"

static void
set_in_frame(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Begins a frame.  Raises 55000 if the tables do not exist. */
void
frame_enter(StatementFrame *frame, OwnerMode mode)
{
	owner_enter(&frame->saved, mode);
	frame->guc_level = NewGUCNestLevel();
	if (strcmp(namespace_search_path, SEARCH_PATH) != 0)
		set_in_frame("search_path", SEARCH_PATH);
	/* If it were off, every statement here would raise an error. */
	if (!row_security)
		set_in_frame("row_security", "on");
	/* Each plan decides for itself whether it is custom or generic. */
	if (plan_cache_mode != PLAN_CACHE_MODE_AUTO)
		set_in_frame("plan_cache_mode", "auto");
	SPI_connect();
}

/*
 * Gives the settings that change how values are written fixed values until the end of the
 * frame, for statements that write any type of column as JSON.
 */
void
frame_fix_formats(void)
{
	set_in_frame("TimeZone", "UTC");
	set_in_frame("DateStyle", "ISO");
	set_in_frame("IntervalStyle", "postgres");
	set_in_frame("bytea_output", "hex");
	set_in_frame("extra_float_digits", "1");
}

/*
 * Ends a frame.  The results of SPI are no longer valid afterwards.  Settings that the
 * frame saved are restored.  Settings changed by a trigger within the frame stay changed,
 * as they do when the trigger fires for a client's own statement.
 */
void
frame_leave(const StatementFrame *frame)
{
	SPI_finish();
	AtEOXact_GUC(true, frame->guc_level);
	owner_leave(&frame->saved);
}
