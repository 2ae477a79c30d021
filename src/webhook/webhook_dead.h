/*
 * webhook_dead.h
 *		The events that a webhook has given up.
 */
#ifndef TASKCRM_WEBHOOK_DEAD_H
#define TASKCRM_WEBHOOK_DEAD_H

#include "webhook/webhook_row.h"
#include "wire/json_write.h"

/* What became of a message. */
typedef struct WebhookAnswer
{
	bool		has_status;		/* there was an answer, */
	int32		status;			/* with this HTTP status */
	int64		retry_after;	/* microseconds; -1 for none */
	char	   *error;			/* NULL for none */
} WebhookAnswer;

extern void webhook_dead_add(Webhook *hook, const pg_uuid_t *event_id, const char *type, const WebhookAnswer *answer,
							 int attempts, TimestampTz now);
extern void webhook_dead_write_answer(JsonWriter *out, const WebhookAnswer *answer);
extern Datum webhook_dead_end(JsonWriter *out);

#endif
