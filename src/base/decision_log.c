/*
 * decision_log.c
 *		Tells in the server's log how the extension decided.
 *
 * The lines are for administrators.  A client can set client_min_messages, and would
 * learn from ordinary DEBUG messages, for example, how common a word is in the tasks of
 * others; so these never go to the client.
 */
#include "postgres.h"

#include "base/decision_log.h"

/*
 * Writes a line to the server's log, without the statement and its context, and frees it.
 * line: palloc'ed.  Called through decision_log().
 */
void
decision_log_write(char *line)
{
	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("taskcrm: %s", line),
			 errhidestmt(true),
			 errhidecontext(true)));
	pfree(line);
}
