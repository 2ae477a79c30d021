/*
 * decision_log.c
 *		Tells in the server's log how the extension decided.
 *
 * The lines are for administrators.  A client can set client_min_messages, and would
 * learn from ordinary DEBUG messages, for example, how common a word is in the tasks of
 * others; so these never go to the client.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/decision_log.h"

/*
 * Writes a line to the server's log, without the statement and its context.  Called
 * through decision_log().
 */
void
decision_log_write(const char *format,...)
{
	StringInfoData text;

	initStringInfo(&text);
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
	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("taskcrm: %s", text.data),
			 errhidestmt(true),
			 errhidecontext(true)));
	pfree(text.data);
}
