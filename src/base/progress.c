/*
 * progress.c
 *		Shows in pg_stat_activity how far a long call has come.
 *
 * The server's progress views know the server's own commands only.  So the column query
 * shows the progress in front of the statement that the client has sent, until the call
 * ends.  After an error it remains until the next statement.
 */
#include "postgres.h"

#include "tcop/tcopprot.h"
#include "utils/backend_status.h"

#include "base/progress.h"

static bool is_shown = false;

static const char *
statement_text(void)
{
	return debug_query_string != NULL ? debug_query_string : "";
}

/*
 * Shows a text, which may not contain values of rows, in front of the statement.  Costs
 * some microseconds, so not for each row.
 */
void
progress_show(const char *what)
{
	char	   *text = psprintf("/* %s */ %s", what, statement_text());

	pgstat_report_activity(STATE_RUNNING, text);
	is_shown = true;
	pfree(text);
}

/* Shows the statement alone again, if something was shown. */
void
progress_end(void)
{
	if (!is_shown)
		return;
	is_shown = false;
	pgstat_report_activity(STATE_RUNNING, statement_text());
}
