/*
 * webhook_finish.h
 *		Takes from workers what became of messages.
 */
#ifndef TASKCRM_WEBHOOK_FINISH_H
#define TASKCRM_WEBHOOK_FINISH_H

#include "base/uuid.h"
#include "wire/json_write.h"

/* What became of a message. */
typedef struct WebhookAnswer
{
	bool		has_status;		/* there was an answer, */
	int32		status;			/* with this HTTP status */
	int64		retry_after;	/* microseconds; -1 for none */
	char	   *error;			/* NULL for none */
} WebhookAnswer;

extern void webhook_finish(JsonWriter *out, const pg_uuid_t *claim, const pg_uuid_t *event_id, const WebhookAnswer *answer);

#endif
