/*
 * decision_log.h
 *		Tells in the server's log how the extension decided.
 */
#ifndef TASKCRM_DECISION_LOG_H
#define TASKCRM_DECISION_LOG_H

#include "utils/elog.h"
#include "utils/guc.h"

/*
 * Writes a line if log_min_messages is debug1 or lower.  The arguments are those of
 * printf(); no value that a row or a caller contains may be among them.
 */
#define decision_log(...) \
	do { \
		if (log_min_messages <= DEBUG1) \
			decision_log_write(psprintf(__VA_ARGS__)); \
	} while (0)

extern void decision_log_write(char *line);

#endif
