/*
 * log_redact.c
 *		Keeps statements that contain a secret (a token, a key) out of the log.
 *
 * With an error, the server logs the statement, and the context of the functions around
 * it.  Between log_redact_begin() and log_redact_end() it does neither, whatever code
 * raises the error.
 */
#include "postgres.h"

#include "base/log_redact.h"

static void
hide_statement(void *arg)
{
	errhidestmt(true);
	errhidecontext(true);
}

/* Stops logging of the current statement.  frame: the caller's, on its stack. */
void
log_redact_begin(ErrorContextCallback *frame)
{
	frame->callback = hide_statement;
	frame->arg = NULL;
	frame->previous = error_context_stack;
	error_context_stack = frame;
}

/* Ends log_redact_begin(frame).  After an error this happens automatically. */
void
log_redact_end(const ErrorContextCallback *frame)
{
	error_context_stack = frame->previous;
}
