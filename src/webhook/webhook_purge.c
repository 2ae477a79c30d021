/*
 * webhook_purge.c
 *		Removes old events, and tells the webhooks which have not sent them.
 *
 * To a webhook, an event that is removed before it has passed it is one that was given up.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/settings.h"
#include "db/owner.h"
#include "event/event_purge.h"
#include "webhook/webhook_dead.h"
#include "webhook/webhook_input.h"
#include "webhook/webhook_purge.h"
#include "webhook/webhook_row.h"

/* Events that are removed at once. */
#define BATCH 1000
/* Events that a call removes which does something else. */
#define SWEPT 500

/* The events of a batch that a webhook wants, and has not passed. */
static FeedPage
find_lost(const FeedPage *batch, const Webhook *hook)
{
	FeedPage	lost = {.events = palloc(sizeof(FeedEvent) * (batch->count + 1))};
	ArrayType  *types = DatumGetArrayTypeP(webhook_get(hook, HOOK_TYPES));
	SyncToken	token;

	if (!event_token_read(&token, TextDatumGetCString(webhook_get(hook, HOOK_POSITION))))
		return lost;
	for (int i = 0; i < batch->count; i++)
	{
		if (!event_token_has_passed(&token, &batch->events[i].place) && webhook_input_has_type(types, batch->events[i].type))
			lost.events[lost.count++] = batch->events[i];
	}
	return lost;
}

/* The next event is not the one that failed. */
static void
forget_failing(Webhook *hook)
{
	webhook_set_null(hook, HOOK_FAILING_EVENT);
	webhook_set_null(hook, HOOK_FAILING_SINCE);
	webhook_set_null(hook, HOOK_NEXT_ATTEMPT);
	webhook_set(hook, HOOK_ATTEMPTS, Int32GetDatum(0));
}

static void
record_lost(Webhook *hook, const FeedPage *lost)
{
	WebhookAnswer answer = {.retry_after = -1, .error = pstrdup("the event was purged before it was sent")};
	TimestampTz now = GetCurrentTimestamp();
	int			attempts = DatumGetInt32(webhook_get(hook, HOOK_ATTEMPTS));

	for (int i = 0; i < lost->count; i++)
	{
		const pg_uuid_t *id = &lost->events[i].place.id;
		bool		failed = webhook_has(hook, HOOK_FAILING_EVENT) &&
			tc_uuid_compare(DatumGetUUIDP(webhook_get(hook, HOOK_FAILING_EVENT)), id) == 0;

		CHECK_FOR_INTERRUPTS();
		webhook_dead_add(hook, id, lost->events[i].type, &answer, failed ? attempts : 0, now);
		if (failed)
			forget_failing(hook);
	}
	webhook_row_write(hook);
}

/*
 * Records the events of a batch as dead in the webhooks that have not sent them.  Only those are
 * locked: positions move forward, so others will not lose one.  Returns false, with PURGE_SKIPS_LOCKED,
 * if one of them is locked by others.
 */
static bool
tell_webhooks(const pg_uuid_t *org_id, const FeedPage *batch, PurgeMode mode)
{
	OwnerSwitch saved;
	Webhook    *hooks;
	int			count;
	bool		told = true;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	count = webhook_row_read_all(&hooks, org_id);
	for (int i = 0; i < count && told; i++)
	{
		FeedPage	lost = find_lost(batch, &hooks[i]);

		if (lost.count == 0)
			continue;
		if (webhook_row_lock(&hooks[i], mode == PURGE_WAITS))
		{
			lost = find_lost(batch, &hooks[i]);
			record_lost(&hooks[i], &lost);
		}
		else
			told = mode == PURGE_WAITS;
	}
	owner_leave(&saved);
	return told;
}

/*
 * Removes some events: those after an id, which is moved.  last: the last place of all in the order of
 * the feed.  Returns how many.
 */
static int
purge_batch(const pg_uuid_t *org_id, TimestampTz before, pg_uuid_t *after, TokenPlace *last, int limit, PurgeMode mode)
{
	FeedPage	batch;

	event_purge_lock(&batch, org_id, after, before, limit, mode);
	if (batch.count == 0 || !tell_webhooks(org_id, &batch, mode))
		return 0;
	event_purge_delete(org_id, &batch);
	for (int i = 0; i < batch.count; i++)
		*last = event_token_later(last, &batch.events[i].place);
	*after = batch.events[batch.count - 1].place.id;
	return batch.count;
}

/*
 * Removes the events of an organization that were written before a time, and returns how many.
 * Copies that have not seen one of them begin anew.  Raises 09000.  Needs an API call of an admin in
 * progress.
 */
int64
webhook_purge(const pg_uuid_t *org_id, TimestampTz before)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "taskcrm purge", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	pg_uuid_t	after = {{0}};
	TokenPlace	last = {0};
	int64		purged = 0;
	int			count;

	do
	{
		CHECK_FOR_INTERRUPTS();
		count = purge_batch(org_id, before, &after, &last, BATCH, PURGE_WAITS);
		purged += count;
		MemoryContextReset(context);
	} while (count == BATCH);
	MemoryContextSwitchTo(caller);
	if (purged > 0)
		event_purge_note(org_id, &last);
	return purged;
}

/*
 * Removes some events of an organization that are older than taskcrm.event_retention.  Never waits
 * for others.  Needs an API call in progress.
 */
void
webhook_purge_expired(const pg_uuid_t *org_id)
{
	pg_uuid_t	after = {{0}};
	TokenPlace	last = {0};
	TimestampTz before = GetCurrentStatementStartTimestamp() - settings_event_retention * (int64) USECS_PER_MINUTE;

	/* With an older snapshot, rows deleted by others in the meantime would be an error. */
	if (settings_event_retention == 0 || IsolationUsesXactSnapshot() || !event_purge_is_possible())
		return;
	if (purge_batch(org_id, before, &after, &last, SWEPT, PURGE_SKIPS_LOCKED) > 0)
		event_purge_note(org_id, &last);
}
