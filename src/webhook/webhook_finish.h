/*
 * webhook_finish.h
 *		Takes from workers what became of messages.
 */
#ifndef TASKCRM_WEBHOOK_FINISH_H
#define TASKCRM_WEBHOOK_FINISH_H

#include "webhook/webhook_dead.h"

extern void webhook_finish_lost(JsonWriter *out);
extern void webhook_finish(JsonWriter *out, const pg_uuid_t *claim, const pg_uuid_t *event_id, const WebhookAnswer *answer);

#endif
