/*
 * webhook_claim.h
 *		Hands the next messages of webhooks to workers.
 */
#ifndef TASKCRM_WEBHOOK_CLAIM_H
#define TASKCRM_WEBHOOK_CLAIM_H

#include "utils/jsonb.h"

#include "base/uuid.h"

/* A message to send. */
typedef struct WebhookMessage
{
	pg_uuid_t	claim;
	pg_uuid_t	webhook_id;
	pg_uuid_t	event_id;
	Datum		url;			/* text */
	Jsonb	   *headers;
	bytea	   *body;
} WebhookMessage;

typedef struct WebhookSink
{
	void		(*put) (void *state, const WebhookMessage *message);
	void	   *state;
} WebhookSink;

extern bool webhook_claim_is_due(void);
extern int32 webhook_claim_hash(const pg_uuid_t *claim);
extern void webhook_claim(const WebhookSink *sink, int max_webhooks, int max_events, int lease_seconds);

#endif
