/*
 * webhook_message.h
 *		The messages that webhooks send, and their signatures.
 */
#ifndef TASKCRM_WEBHOOK_MESSAGE_H
#define TASKCRM_WEBHOOK_MESSAGE_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/uuid.h"
#include "wire/json_write.h"

/* The type of the event that tc_test_webhook() asks for. */
#define WEBHOOK_TEST_TYPE "webhook.test"

extern bytea *webhook_message_make_secret(void);
extern char *webhook_message_show_secret(const bytea *secret);
extern bytea *webhook_message_body(JsonWriter *json);
extern Jsonb *webhook_message_headers(const pg_uuid_t *event_id, TimestampTz now, const bytea *body,
									  const bytea *secret, const bytea *former_secret);

#endif
