/*
 * webhook_input.h
 *		Reads the webhooks that callers send.
 */
#ifndef TASKCRM_WEBHOOK_INPUT_H
#define TASKCRM_WEBHOOK_INPUT_H

#include "utils/jsonb.h"

#include "identity/identity.h"

/* The keys that callers write. */
typedef enum WebhookKey
{
	WEBHOOK_URL,				/* text */
	WEBHOOK_TYPES,				/* text[] */
	WEBHOOK_FILTERS,			/* jsonb */
	WEBHOOK_IS_ACTIVE,			/* boolean */
	WEBHOOK_KEYS
} WebhookKey;

typedef struct WebhookData
{
	bool		sent[WEBHOOK_KEYS];
	Datum		values[WEBHOOK_KEYS];
	bool		is_sent_back;	/* has keys that clients read and do not write */
} WebhookData;

extern void webhook_input_read(WebhookData *data, Jsonb *json, bool is_new, const Identity *identity);
extern bool webhook_input_has_type(ArrayType *types, const char *type);

#endif
