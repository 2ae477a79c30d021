/*
 * event_purge.h
 *		Removes old events.
 */
#ifndef TASKCRM_EVENT_PURGE_H
#define TASKCRM_EVENT_PURGE_H

#include "utils/timestamp.h"

#include "event/event_feed.h"

/* How events are locked before they are deleted. */
typedef enum PurgeMode
{
	PURGE_WAITS,
	PURGE_SKIPS_LOCKED
} PurgeMode;

extern bool event_purge_is_possible(void);
extern void event_purge_lock(FeedPage *batch, const pg_uuid_t *org_id, const pg_uuid_t *after, TimestampTz before,
							 int64 limit, PurgeMode mode);
extern void event_purge_delete(const pg_uuid_t *org_id, const FeedPage *batch);
extern void event_purge_note(const pg_uuid_t *org_id, const TokenPlace *last);
extern bool event_purge_spares(const SyncToken *token);

#endif
