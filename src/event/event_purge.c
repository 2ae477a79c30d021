/*
 * event_purge.c
 *		Removes old events.
 *
 * A copy that has not seen an event which is removed must begin anew.  So each removal leaves
 * a row: its transaction, and the last place in the feed that it removed.  Of a token whose
 * snapshot sees that transaction, all events that it removed were seen, since they were
 * committed before.  Of any other token they were seen if its snapshot sees all transactions up
 * to that place.  A row replaces the former ones, with the last of all places.
 *
 * The id of an event has the time of its number, so the index of ids finds the oldest ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "db/cluster.h"
#include "db/installed_version.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "event/event_generation.h"
#include "event/event_purge.h"

/* $2 the id before, $3 the first id that stays, $4 the time, $5 limit. */
#define OLD_EVENTS \
	"SELECT " FEED_COLUMNS " FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id > $2 AND e.id < $3" \
	" AND e.happened_on < $4 ORDER BY e.id LIMIT $5 FOR UPDATE"

static KeptPlan lock_plans[] = {
	[PURGE_WAITS] = TENANT_PLAN(OLD_EVENTS, 5, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, INT8OID),
	[PURGE_SKIPS_LOCKED] = TENANT_PLAN(OLD_EVENTS " SKIP LOCKED", 5, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, INT8OID)
};

static KeptPlan delete_events_plan = TENANT_PLAN(
	"DELETE FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id = ANY ($2)",
	2, UUIDOID, UUIDARRAYOID);

/*
 * $2 the present generation; $3 generation and $4 transaction of the last place.  Never waits for
 * another removal.  On a cluster, generations have no order, and only places of the present one
 * matter.
 */
static KeptPlan note_plan = BOOKKEEPING_PLAN(
	"WITH former AS (DELETE FROM taskcrm_internal.event_purge p USING (SELECT o.id FROM taskcrm_internal.event_purge o"
	" WHERE o.org_id = $1 FOR UPDATE SKIP LOCKED) f WHERE p.org_id = $1 AND p.id = f.id"
	" RETURNING p.last_generation, p.last_txid)"
	" INSERT INTO taskcrm_internal.event_purge AS n (org_id, generation, txid, last_generation, last_txid)"
	" SELECT $1, $2, pg_current_xact_id(), l.generation, l.txid"
	" FROM (VALUES ($3, $4) UNION ALL SELECT f.last_generation, f.last_txid FROM former f) l (generation, txid)"
	" ORDER BY l.generation = $2 DESC, l.generation DESC, l.txid DESC LIMIT 1",
	4, UUIDOID, INT4OID, INT4OID, XID8OID);

/* $2 generation, $3 xmin, $4 xmax and $5 running transactions of the snapshot of a token. */
static KeptPlan unseen_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.event_purge p WHERE p.org_id = $1"
	" AND (p.generation, p.txid) >= ($2, $3) AND (p.last_generation, p.last_txid) >= ($2, $3)"
	" AND (p.generation > $2 OR p.txid >= $4 OR p.txid = ANY ($5)) LIMIT 1",
	5, UUIDOID, INT4OID, XID8OID, XID8OID, XID8ARRAYOID);

/*
 * The same on a cluster, where generations have no order: removals in another one than that of the token
 * count if they are not older than it, by the clock, $6.
 */
static KeptPlan unseen_in_shard_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.event_purge p WHERE p.org_id = $1"
	" AND CASE WHEN p.generation = $2 THEN p.txid >= $3 AND p.last_generation = $2 AND p.last_txid >= $3"
	" AND (p.txid >= $4 OR p.txid = ANY ($5)) ELSE p.purged_on > $6 END LIMIT 1",
	6, UUIDOID, INT4OID, XID8OID, XID8OID, XID8ARRAYOID, TIMESTAMPTZOID);

/* Returns whether events can be removed: tc_install() may not have run since an upgrade. */
bool
event_purge_is_possible(void)
{
	return installed_has_table("event_purge");
}

/*
 * Locks the oldest events of an organization that were written and happened before a time, in
 * the order of their ids.  after: the id before the first one; limit: how many at most.  Needs an
 * API call in progress, as all functions here.
 */
void
event_purge_lock(FeedPage *batch, const pg_uuid_t *org_id, const pg_uuid_t *after, TimestampTz before, int64 limit, PurgeMode mode)
{
	pg_uuid_t	first_kept;
	Datum		values[5] = {UUIDPGetDatum(org_id), UUIDPGetDatum(after), UUIDPGetDatum(&first_kept),
	TimestampTzGetDatum(before), Int64GetDatum(limit)};

	tc_uuid_first_at(before, &first_kept);
	plan_run(&lock_plans[mode], values, NULL, false);
	event_feed_take(batch, (int) SPI_processed);
	SPI_freetuptable(SPI_tuptable);
}

/* Deletes events that are locked.  Raises 09000. */
void
event_purge_delete(const pg_uuid_t *org_id, const FeedPage *batch)
{
	Datum	   *ids = palloc(sizeof(Datum) * (batch->count + 1));
	Datum		values[2] = {UUIDPGetDatum(org_id)};

	for (int i = 0; i < batch->count; i++)
		ids[i] = UUIDPGetDatum(&batch->events[i].place.id);
	values[1] = PointerGetDatum(tc_uuid_array(ids, batch->count));
	plan_run(&delete_events_plan, values, NULL, false);
	if (SPI_processed != (uint64) batch->count)
		suppress_raise("event");
}

/*
 * Notes that the transaction has removed events.  last: the last place of those, in the order of the
 * feed.  Raises 09000.
 */
void
event_purge_note(const pg_uuid_t *org_id, const TokenPlace *last)
{
	Datum		values[4] = {UUIDPGetDatum(org_id), 0, Int32GetDatum(last->generation), UInt64GetDatum(last->txid)};
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	values[1] = Int32GetDatum(event_generation_writing());
	plan_run(&note_plan, values, NULL, false);
	plan_require_rows(1, "event_purge");
	owner_leave(&saved);
}

/* Returns whether no event has been removed that the snapshot of a token may not have seen. */
bool
event_purge_spares(const SyncToken *token)
{
	PlanArgs	args = {0};

	if (!event_purge_is_possible())
		return true;
	plan_arg(&args, UUIDPGetDatum(&token->org_id));
	plan_arg(&args, Int32GetDatum(token->seen.generation));
	plan_arg(&args, UInt64GetDatum(token->seen.xmin));
	plan_arg(&args, UInt64GetDatum(token->seen.xmax));
	plan_arg(&args, event_token_running(&token->seen));
	if (!event_generation_is_ordered())
		plan_arg(&args, TimestampTzGetDatum(token->seen.taken_on - EVENT_CLOCK_DIFFERENCE));
	plan_run_args(event_generation_is_ordered() ? &unseen_plan : &unseen_in_shard_plan, &args);
	return SPI_processed == 0;
}
