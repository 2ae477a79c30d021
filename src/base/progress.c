/*
 * progress.c
 *		Shows in pg_stat_activity how far a long call has come.
 *
 * The server's progress views know the server's own commands only.  So the column query
 * shows the progress in front of the statement that the client has sent, until the call
 * ends.  After an error it remains until the next statement.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
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
 * Shows a text in front of the statement.  The arguments are those of printf(); values of
 * rows may not be among them.  Costs some microseconds, so not for each row.
 */
void
progress_show(const char *format,...)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "/* ");
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	appendStringInfo(&text, " */ %s", statement_text());
	pgstat_report_activity(STATE_RUNNING, text.data);
	is_shown = true;
	pfree(text.data);
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
