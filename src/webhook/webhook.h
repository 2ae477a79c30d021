/*
 * webhook.h
 *		Webhooks, as admins create, change and see them.
 */
#ifndef TASKCRM_WEBHOOK_H
#define TASKCRM_WEBHOOK_H

#include "utils/timestamp.h"

#include "db/row.h"
#include "webhook/webhook_input.h"

extern const RowSchema webhook_schema;
extern const RowSchema new_webhook_schema;

extern void webhook_create(JsonWriter *out, const Identity *identity, const WebhookData *data);
extern bool webhook_lock(JsonWriter *present, const Identity *identity, const pg_uuid_t *id);
extern bool webhook_update(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, const WebhookData *data);
extern bool webhook_rotate_secret(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, TimestampTz former_until);
extern bool webhook_delete(const Identity *identity, const pg_uuid_t *id);
extern bool webhook_test(JsonWriter *out, const Identity *identity, const pg_uuid_t *id);
extern bool webhook_show(JsonWriter *out, const Identity *identity, const pg_uuid_t *id);
extern void webhook_list(JsonWriter *out, const Identity *identity);

#endif
