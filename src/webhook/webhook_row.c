/*
 * webhook_row.c
 *		The row of a webhook, as its delivery reads and writes it.
 *
 * Workers belong to no organization, so these statements run without policies.  A row is
 * locked from the time when it is read until the transaction ends, and only for moments: while
 * messages are sent, the claim that is written in it keeps other workers away.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "event/event_generation.h"
#include "webhook/webhook_row.h"

/* In the order of HookColumn. */
#define HOOK_SELECT \
	"SELECT w.org_id, w.id, w.url, w.types, w.filters, w.created_by, w.secret, w.former_secret, w.former_until," \
	" w.position, w.generation, w.txid, w.last_event, w.claim, w.claimed, w.claimed_on, w.lease_seconds, w.lease_until," \
	" w.failing_event, w.failing_since, w.attempts, w.next_attempt, w.last_attempt, w.last_status, w.last_error," \
	" w.delivered, w.dead, w.dead_events, w.test_id, w.test_result, w.is_active, w.disabled_reason, w.disabled_on" \
	" FROM taskcrm_internal.webhook w"

/*
 * $1 now, $2 the generation of now.  Whether there are events is not exact: a transaction that a
 * position has not seen may have ended without one, and a position of another generation has to
 * be moved to this one.
 */
#define IS_DUE \
	" WHERE w.is_active AND (w.lease_until IS NULL OR w.lease_until <= $1)" \
	" AND (w.test_id IS NOT NULL OR ((w.next_attempt IS NULL OR w.next_attempt <= $1)" \
	" AND (w.generation <> $2 OR EXISTS (SELECT FROM taskcrm_internal.event e WHERE e.org_id = w.org_id" \
	" AND e.generation = w.generation AND e.txid >= w.txid))))"

/* $3 how many.  Those that were looked at last come last. */
static KeptPlan due_plan = BOOKKEEPING_PLAN(
	HOOK_SELECT IS_DUE " ORDER BY w.claimed_on NULLS FIRST, w.id LIMIT $3 FOR NO KEY UPDATE OF w SKIP LOCKED",
	3, TIMESTAMPTZOID, INT4OID, INT8OID);

static KeptPlan is_due_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.webhook w" IS_DUE " LIMIT 1",
	2, TIMESTAMPTZOID, INT4OID);

static KeptPlan claimed_plan = BOOKKEEPING_PLAN(
	HOOK_SELECT " WHERE w.claim = $1 FOR NO KEY UPDATE OF w",
	1, UUIDOID);

/* $1 organization. */
static KeptPlan all_plan = BOOKKEEPING_PLAN(
	HOOK_SELECT " WHERE w.org_id = $1 ORDER BY w.id",
	1, UUIDOID);

/* $1 organization, $2 id. */
static KeptPlan lock_hook_plan = BOOKKEEPING_PLAN(
	HOOK_SELECT " WHERE w.org_id = $1 AND w.id = $2 FOR NO KEY UPDATE OF w",
	2, UUIDOID, UUIDOID);
static KeptPlan try_hook_plan = BOOKKEEPING_PLAN(
	HOOK_SELECT " WHERE w.org_id = $1 AND w.id = $2 FOR NO KEY UPDATE OF w SKIP LOCKED",
	2, UUIDOID, UUIDOID);

/* $1 organization, $2 id; then the columns from HOOK_POSITION on. */
static KeptPlan write_hook_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm_internal.webhook w SET position = $3, generation = $4, txid = $5, last_event = $6,"
	" claim = $7, claimed = $8, claimed_on = $9, lease_seconds = $10, lease_until = $11,"
	" failing_event = $12, failing_since = $13, attempts = $14, next_attempt = $15,"
	" last_attempt = $16, last_status = $17, last_error = $18, delivered = $19, dead = $20, dead_events = $21,"
	" test_id = $22, test_result = $23, is_active = $24, disabled_reason = $25, disabled_on = $26"
	" WHERE w.org_id = $1 AND w.id = $2",
	26, UUIDOID, UUIDOID, TEXTOID, INT4OID, XID8OID, UUIDOID, UUIDOID, UUIDARRAYOID, TIMESTAMPTZOID, INT4OID, TIMESTAMPTZOID,
	UUIDOID, TIMESTAMPTZOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, TEXTOID, INT8OID, INT8OID, JSONBOID,
	UUIDOID, JSONBOID, BOOLOID, TEXTOID, TIMESTAMPTZOID);

static void
read_hook(Webhook *hook, uint64 row)
{
	for (int column = 0; column < HOOK_COLUMNS; column++)
		hook->values[column].value = plan_value(row, column + 1, &hook->values[column].isnull);
}

static int
read_hooks(Webhook **hooks)
{
	int			count = (int) SPI_processed;

	*hooks = palloc(sizeof(Webhook) * (count + 1));
	for (int i = 0; i < count; i++)
		read_hook(&(*hooks)[i], (uint64) i);
	return count;
}

static void
set_due_arguments(Datum *values, TimestampTz now)
{
	int32		generation;
	int64		system_identifier;
	int32		timeline;

	event_generation_reading(&generation, &system_identifier, &timeline);
	values[0] = TimestampTzGetDatum(now);
	values[1] = Int32GetDatum(generation);
}

/* Returns whether webhook_row_lock_due() may find a webhook. */
bool
webhook_row_is_due(TimestampTz now)
{
	Datum		values[2];

	set_due_arguments(values, now);
	return plan_finds(&is_due_plan, values);
}

/*
 * Locks up to max webhooks that have something to send, and that nobody has claimed or locked.
 * Returns their number, and sets *hooks.  Needs a frame in OWNER_BOOKKEEPING mode, as all
 * functions here.
 */
int
webhook_row_lock_due(Webhook **hooks, int max, TimestampTz now)
{
	Datum		values[3];

	set_due_arguments(values, now);
	values[2] = Int64GetDatum(max);
	plan_run(&due_plan, values, NULL, false);
	return read_hooks(hooks);
}

/* Reads the webhooks of an organization, without locking them.  Returns their number. */
int
webhook_row_read_all(Webhook **hooks, const pg_uuid_t *org_id)
{
	Datum		values[1] = {UUIDPGetDatum(org_id)};

	plan_run(&all_plan, values, NULL, false);
	return read_hooks(hooks);
}

/*
 * Locks a webhook that was read, and reads it again.  waits: for others who have locked it.
 * Returns false if it is gone, or locked.
 */
bool
webhook_row_lock(Webhook *hook, bool waits)
{
	Datum		values[2] = {webhook_get(hook, HOOK_ORG_ID), webhook_get(hook, HOOK_ID)};

	if (!plan_finds(waits ? &lock_hook_plan : &try_hook_plan, values))
		return false;
	read_hook(hook, 0);
	return true;
}

/* Locks the webhook with a claim.  Returns false if the claim is over. */
bool
webhook_row_lock_claimed(Webhook *hook, const pg_uuid_t *claim)
{
	Datum		values[1] = {UUIDPGetDatum(claim)};

	if (!plan_finds(&claimed_plan, values))
		return false;
	read_hook(hook, 0);
	return true;
}

/* Writes a webhook that is locked.  Raises 09000 if a trigger suppresses the row. */
void
webhook_row_write(const Webhook *hook)
{
	PlanArgs	args = {0};

	plan_arg_nullable(&args, hook->values[HOOK_ORG_ID]);
	plan_arg_nullable(&args, hook->values[HOOK_ID]);
	for (int column = HOOK_POSITION; column < HOOK_COLUMNS; column++)
		plan_arg_nullable(&args, hook->values[column]);
	plan_run_args(&write_hook_plan, &args);
	plan_require_rows(1, "webhook");
}
