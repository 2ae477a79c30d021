/*
 * log_redact.c
 *		Statements that have a secret in them: a token, a key.
 *
 * With an error the server logs the statement, and as context those of functions around
 * it.  Not so between log_redact_begin() and log_redact_end(), whoever raises the error.
 */
#include "postgres.h"

#include "base/log_redact.h"

static void
hide_statement(void *arg)
{
	errhidestmt(true);
	errhidecontext(true);
}

/* From here on nothing of the statement is logged.  frame: the caller's, on its stack. */
void
log_redact_begin(ErrorContextCallback *frame)
{
	frame->callback = hide_statement;
	frame->arg = NULL;
	frame->previous = error_context_stack;
	error_context_stack = frame;
}

/* Ends what log_redact_begin(frame) began.  An error ends it by itself. */
void
log_redact_end(const ErrorContextCallback *frame)
{
	error_context_stack = frame->previous;
}
