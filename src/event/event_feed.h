/*
 * event_feed.h
 *		The feed of an organization: its events, read with a token.
 */
#ifndef TASKCRM_EVENT_FEED_H
#define TASKCRM_EVENT_FEED_H

#include "event/event_token.h"

/* The place of event e in the feed, and what else the feed reads of it. */
#define FEED_PLACE "e.generation, e.txid, e.seq, e.id"
#define FEED_COLUMNS FEED_PLACE ", e.type, e.subject_id, e.task_id"

/* An event, as far as the feed reads it. */
typedef struct FeedEvent
{
	TokenPlace	place;
	char	   *type;
	pg_uuid_t	subject_id;
	bool		has_task;
	pg_uuid_t	task_id;
} FeedEvent;

typedef struct FeedPage
{
	int			count;
	FeedEvent  *events;
} FeedPage;

extern void event_feed_begin(SyncToken *token, const pg_uuid_t *org_id, const pg_uuid_t *user_id);
extern bool event_feed_has(const pg_uuid_t *org_id, const pg_uuid_t *event_id);
extern bool event_feed_find(TokenPlace *place, const pg_uuid_t *org_id, const pg_uuid_t *event_id);
extern void event_feed_follow(SyncToken *token);
extern void event_feed_read(FeedPage *page, SyncToken *token, int64 limit);
extern void event_feed_take(FeedPage *page, int count);
extern int	event_feed_count(SyncToken *token, int max);

#endif
