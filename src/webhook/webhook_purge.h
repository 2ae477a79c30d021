/*
 * webhook_purge.h
 *		Removes old events, and tells the webhooks which have not sent them.
 */
#ifndef TASKCRM_WEBHOOK_PURGE_H
#define TASKCRM_WEBHOOK_PURGE_H

#include "utils/timestamp.h"

#include "base/uuid.h"

extern int64 webhook_purge(const pg_uuid_t *org_id, TimestampTz before);
extern void webhook_purge_expired(const pg_uuid_t *org_id);

#endif
