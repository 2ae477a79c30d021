/*
 * event_feed.c
 *		The feed of an organization: its events, read with a token.
 *
 * A step reads the events that the snapshot of the token does not see, and that the
 * snapshot of its first page sees, page by page.  So an event that is committed late is
 * read by a later step, and no open transaction holds the feed back.
 *
 * The statements use the snapshot of the caller's statement, which is that of
 * event_token_take_snapshot().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "db/cluster.h"
#include "db/plan.h"
#include "event/event_feed.h"
#include "event/event_generation.h"

/*
 * $1 organization; $2 generation, $3 xmin, $4 xmax and $5 running transactions of the
 * snapshot before; $6 limit.
 */
#define UNSEEN \
	"SELECT " FEED_COLUMNS " FROM taskcrm_internal.event e" \
	" WHERE e.org_id = $1 AND (e.generation, e.txid) >= ($2, $3)" \
	" AND (e.generation > $2 OR e.txid >= $4 OR e.txid = ANY ($5))"
/* The same on a cluster, where generations have no order; see event_generation.c. */
#define UNSEEN_IN_SHARD \
	"SELECT " FEED_COLUMNS " FROM taskcrm_internal.event e" \
	" WHERE e.org_id = $1 AND e.generation = $2 AND e.txid >= $3 AND (e.txid >= $4 OR e.txid = ANY ($5))"
#define FEED_ORDER " ORDER BY " FEED_PLACE " LIMIT $6"

#define FEED_PLAN(unseen) \
	TENANT_PLAN(unseen FEED_ORDER, 6, UUIDOID, INT4OID, XID8OID, XID8OID, XID8ARRAYOID, INT8OID)

static KeptPlan feed_plan = FEED_PLAN(UNSEEN);
static KeptPlan feed_in_shard_plan = FEED_PLAN(UNSEEN_IN_SHARD);

/*
 * The next page of a step: behind $7 generation, $8 transaction, $9 number and $10 id, and
 * seen by the snapshot of the step: $11 generation, $12 xmax, $13 running transactions.
 */
#define FEED_AFTER_PLAN(unseen) \
	TENANT_PLAN(unseen " AND (" FEED_PLACE ") > ($7, $8, $9, $10)" \
				" AND (e.generation < $11 OR (e.generation = $11 AND e.txid < $12 AND e.txid <> ALL ($13)))" FEED_ORDER, \
				13, UUIDOID, INT4OID, XID8OID, XID8OID, XID8ARRAYOID, INT8OID, \
				INT4OID, XID8OID, INT8OID, UUIDOID, INT4OID, XID8OID, XID8ARRAYOID)

static KeptPlan feed_after_plan = FEED_AFTER_PLAN(UNSEEN);
static KeptPlan feed_after_in_shard_plan = FEED_AFTER_PLAN(UNSEEN_IN_SHARD);

/*
 * The same for a token of another generation than that of now: the rest of its own, whose
 * transactions have all ended, then all that was numbered after its snapshot, less $14, in
 * other generations.  Those have no order, but numbers come from the clock.
 */
static KeptPlan feed_followed_plan = TENANT_PLAN(
	"SELECT " FEED_COLUMNS " FROM taskcrm_internal.event e"
	" WHERE e.org_id = $1 AND CASE WHEN e.generation = $2"
	" THEN e.txid >= $3 AND (e.txid >= $4 OR e.txid = ANY ($5)) AND $7 = $2 AND (e.txid, e.seq, e.id) > ($8, $9, $10)"
	" ELSE e.seq > $14 AND ($7 = $2 OR (e.seq, e.id) > ($9, $10)) END"
	" AND (e.generation <> $11 OR (e.txid < $12 AND e.txid <> ALL ($13)))"
	" ORDER BY e.generation <> $2, CASE WHEN e.generation = $2 THEN e.txid END, e.seq, e.id LIMIT $6",
	14, UUIDOID, INT4OID, XID8OID, XID8OID, XID8ARRAYOID, INT8OID,
	INT4OID, XID8OID, INT8OID, UUIDOID, INT4OID, XID8OID, XID8ARRAYOID, INT8OID);

static KeptPlan last_plan = TENANT_PLAN(
	"SELECT e.id FROM taskcrm_internal.event e WHERE e.org_id = $1"
	" ORDER BY e.generation DESC, e.txid DESC, e.seq DESC, e.id DESC LIMIT 1",
	1, UUIDOID);

static KeptPlan event_place_plan = TENANT_PLAN(
	"SELECT " FEED_PLACE " FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id = $2",
	2, UUIDOID, UUIDOID);

/*
 * Begins a token that has seen all events of now.  The caller sets what is copied.  Needs an
 * API call in progress, as all functions here.
 */
void
event_feed_begin(SyncToken *token, const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	Datum		values[1] = {UUIDPGetDatum(org_id)};
	bool		isnull;

	memset(token, 0, sizeof(*token));
	token->stage = TOKEN_DONE;
	token->org_id = *org_id;
	token->user_id = *user_id;
	event_token_take_snapshot(&token->seen);
	plan_run(&last_plan, values, NULL, true);
	if (SPI_processed > 0)
		token->last_event = *DatumGetUUIDP(plan_value(0, 1, &isnull));
}

static void
read_place(TokenPlace *place, uint64 row)
{
	bool		isnull;

	place->generation = DatumGetInt32(plan_value(row, 1, &isnull));
	place->txid = DatumGetUInt64(plan_value(row, 2, &isnull));
	place->seq = DatumGetInt64(plan_value(row, 3, &isnull));
	place->id = *DatumGetUUIDP(plan_value(row, 4, &isnull));
}

/* Sets the place of an event.  Returns false if there is no such event. */
bool
event_feed_find(TokenPlace *place, const pg_uuid_t *org_id, const pg_uuid_t *event_id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(event_id)};

	plan_run(&event_place_plan, values, NULL, true);
	if (SPI_processed == 0)
		return false;
	read_place(place, 0);
	return true;
}

/* Returns whether the last event of a token is there; true for a token that has none. */
bool
event_feed_has(const pg_uuid_t *org_id, const pg_uuid_t *event_id)
{
	static const pg_uuid_t none = {{0}};
	TokenPlace	place;

	return tc_uuid_compare(event_id, &none) == 0 || event_feed_find(&place, org_id, event_id);
}

static void
run_feed(const SyncToken *token, int64 limit)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&token->org_id));
	plan_arg(&args, Int32GetDatum(token->seen.generation));
	plan_arg(&args, UInt64GetDatum(token->seen.xmin));
	plan_arg(&args, UInt64GetDatum(token->seen.xmax));
	plan_arg(&args, event_token_running(&token->seen));
	plan_arg(&args, Int64GetDatum(limit));
	if (token->stage == TOKEN_STEP)
	{
		plan_arg(&args, Int32GetDatum(token->place.generation));
		plan_arg(&args, UInt64GetDatum(token->place.txid));
		plan_arg(&args, Int64GetDatum(token->place.seq));
		plan_arg(&args, UUIDPGetDatum(&token->place.id));
		plan_arg(&args, Int32GetDatum(token->until.generation));
		plan_arg(&args, UInt64GetDatum(token->until.xmax));
		plan_arg(&args, event_token_running(&token->until));
	}
	if (token->is_followed)
	{
		plan_arg(&args, Int64GetDatum(token->seen.taken_on - EVENT_CLOCK_DIFFERENCE));
		plan_run_args(&feed_followed_plan, &args);
	}
	else if (cluster_is_distributed())
		plan_run(token->stage == TOKEN_STEP ? &feed_after_in_shard_plan : &feed_in_shard_plan, args.values, NULL, true);
	else
		plan_run(token->stage == TOKEN_STEP ? &feed_after_plan : &feed_plan, args.values, NULL, true);
}

/* Takes the first rows of the last statement, which selects FEED_COLUMNS. */
void
event_feed_take(FeedPage *page, int count)
{
	page->count = count;
	page->events = palloc(sizeof(FeedEvent) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		FeedEvent  *event = &page->events[i];
		Datum		task_id;
		bool		isnull;

		read_place(&event->place, (uint64) i);
		event->type = TextDatumGetCString(plan_value((uint64) i, 5, &isnull));
		event->subject_id = *DatumGetUUIDP(plan_value((uint64) i, 6, &isnull));
		task_id = plan_value((uint64) i, 7, &isnull);
		event->has_task = !isnull;
		if (!isnull)
			event->task_id = *DatumGetUUIDP(task_id);
	}
}

/*
 * Lets a token of another generation than that of now go on.  Events since the last step that ended, and
 * of the EVENT_CLOCK_DIFFERENCE before it, may come twice.
 */
void
event_feed_follow(SyncToken *token)
{
	TokenSnapshot *seen = &token->seen;

	if (event_generation_is(seen->generation, seen->system_identifier, seen->timeline))
		return;
	token->is_followed = true;
	if (token->stage == TOKEN_STEP &&
		event_generation_is(token->until.generation, token->until.system_identifier, token->until.timeline))
		return;
	/* The rest of its own generation stays as it is; that of others is read again. */
	if (token->stage == TOKEN_DONE || token->place.generation != seen->generation)
		memset(&token->place, 0, sizeof(token->place));
	if (token->stage == TOKEN_DONE)
		token->place.generation = seen->generation;
	event_token_take_snapshot(&token->until);
	token->stage = TOKEN_STEP;
}

/*
 * Reads the next page of a step, or the first one of a new step, and moves the token behind
 * it.  token: with stage TOKEN_STEP or TOKEN_DONE; TOKEN_STEP afterwards if the step has more.
 */
void
event_feed_read(FeedPage *page, SyncToken *token, int64 limit)
{
	bool		more;

	run_feed(token, limit + 1);
	more = SPI_processed > (uint64) limit;
	event_feed_take(page, (int) (more ? (uint64) limit : SPI_processed));
	if (page->count > 0)
	{
		token->place = page->events[page->count - 1].place;
		token->last_event = token->place.id;
	}
	/* The first page of a step takes the snapshot with which the step ends. */
	if (token->stage == TOKEN_DONE)
		event_token_take_snapshot(&token->until);
	token->stage = more ? TOKEN_STEP : TOKEN_DONE;
	if (!more)
	{
		token->seen = token->until;
		token->is_followed = false;
	}
}

/*
 * Returns how many events a token, for event_feed_read(), has not seen yet, at most max.  Moves
 * the token.
 */
int
event_feed_count(SyncToken *token, int max)
{
	int			count = 0;
	bool		begins_step;

	do
	{
		FeedPage	page;

		begins_step = token->stage == TOKEN_DONE;
		event_feed_read(&page, token, max - count);
		count += page.count;
	} while (count < max && !(begins_step && token->stage == TOKEN_DONE));
	return count;
}
