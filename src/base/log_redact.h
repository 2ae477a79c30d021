/*
 * log_redact.h
 *		Keeps statements that contain a secret out of the log.
 */
#ifndef TASKCRM_LOG_REDACT_H
#define TASKCRM_LOG_REDACT_H

extern void log_redact_begin(ErrorContextCallback *frame);
extern void log_redact_end(const ErrorContextCallback *frame);

#endif
