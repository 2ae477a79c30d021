/*
 * log_redact.h
 *		Statements that have a secret in them.
 */
#ifndef TASKCRM_LOG_REDACT_H
#define TASKCRM_LOG_REDACT_H

extern void log_redact_begin(ErrorContextCallback *frame);
extern void log_redact_end(const ErrorContextCallback *frame);

#endif
