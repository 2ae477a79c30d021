/*
 * event_token.h
 *		The token of a copy: what it has seen.
 */
#ifndef TASKCRM_EVENT_TOKEN_H
#define TASKCRM_EVENT_TOKEN_H

#include "base/uuid.h"

/* Which transactions a copy has seen, by their 64-bit ids. */
typedef struct TokenSnapshot
{
	int32		generation;		/* of the ids, */
	int64		system_identifier;	/* which is of this cluster */
	int32		timeline;		/* and this timeline */
	uint64		xmin;			/* all before it are seen */
	uint64		xmax;			/* it and all after it are not */
	int			count;
	uint64	   *running;		/* of those between them, these are not */
	int64		taken_on;		/* by the clock from which events have their numbers */
} TokenSnapshot;

/* The place of an event in the feed, which is ordered by these. */
typedef struct TokenPlace
{
	int32		generation;
	uint64		txid;
	int64		seq;
	pg_uuid_t	id;
} TokenPlace;

typedef enum TokenStage
{
	TOKEN_LOAD,					/* a first load has pages left */
	TOKEN_STEP,					/* a step has pages left */
	TOKEN_DONE					/* everything before the snapshot is seen */
} TokenStage;

typedef struct SyncToken
{
	TokenStage	stage;
	pg_uuid_t	org_id;
	pg_uuid_t	user_id;
	uint64		options;		/* fingerprint of what is copied */
	TokenSnapshot seen;
	pg_uuid_t	last_event;		/* of those that were seen; zero for none */
	/* TOKEN_LOAD: the next page begins behind this row of this resource */
	int			resource;
	pg_uuid_t	row;
	/* TOKEN_STEP: the step ends with what this snapshot sees; the next page begins behind place */
	TokenSnapshot until;
	TokenPlace	place;
	bool		is_followed;	/* by event_feed_follow(); not a part of the text */
} SyncToken;

extern void event_token_take_snapshot(TokenSnapshot *snapshot);
extern Datum event_token_running(const TokenSnapshot *snapshot);
extern bool event_token_has_passed(const SyncToken *token, const TokenPlace *place);
extern TokenPlace event_token_later(const TokenPlace *a, const TokenPlace *b);
extern char *event_token_write(const SyncToken *token);
extern bool event_token_read(SyncToken *token, const char *text);

#endif
