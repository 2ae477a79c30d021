/*
 * webhook_finish.c
 *		Takes from workers what became of messages.
 *
 * Only a status of 2xx moves a webhook behind an event.  Everything else is tried again, with
 * longer and longer pauses, and the events behind it wait.  After three days the event is
 * recorded as dead, and the next one goes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "db/plan.h"
#include "event/event_token.h"
#include "webhook/webhook_dead.h"
#include "webhook/webhook_finish.h"
#include "webhook/webhook_row.h"

#define STATUS_GONE 410
#define STATUS_TOO_MANY_REQUESTS 429
#define STATUS_UNAVAILABLE 503

/* How long an event is tried, from the first attempt on. */
#define TRIED_FOR (3 * USECS_PER_DAY)
/* A receiver may ask for a pause of at most this. */
#define MAX_RETRY_AFTER USECS_PER_DAY
/*
 * A claim goes on for this long.  Receivers refuse messages whose time is more than five
 * minutes ago, and it is that of the claim.
 */
#define CLAIM_TIME (2 * USECS_PER_MINUTE)

/* The pauses after failed attempts, in seconds; then the last one again and again. */
static const int pauses[] = {5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200};

static const char *const outcomes[] = {"delivered", "retry", "dead", "disabled", "lost"};

typedef enum Outcome
{
	OUTCOME_DELIVERED,
	OUTCOME_RETRY,
	OUTCOME_DEAD,
	OUTCOME_DISABLED,
	OUTCOME_LOST				/* the claim is over; nothing is recorded */
} Outcome;

/* $1 organization, $2 event. */
static KeptPlan event_type_plan = BOOKKEEPING_PLAN(
	"SELECT e.type, e.generation, e.txid, e.seq FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.id = $2",
	2, UUIDOID, UUIDOID);

/* --- the state of a webhook --- */

/* Returns the place of an event among those that are claimed, or -1. */
static int
place_in_claim(const Webhook *hook, const pg_uuid_t *event_id)
{
	ArrayType  *claimed = DatumGetArrayTypeP(webhook_get(hook, HOOK_CLAIMED));
	const pg_uuid_t *ids = (const pg_uuid_t *) ARR_DATA_PTR(claimed);
	int			count = ArrayGetNItems(ARR_NDIM(claimed), ARR_DIMS(claimed));

	for (int i = 0; i < count; i++)
	{
		if (tc_uuid_compare(&ids[i], event_id) == 0)
			return i;
	}
	return -1;
}

/* Ends the claim: the events that are left are claimed again. */
static void
end_claim(Webhook *hook)
{
	webhook_set_null(hook, HOOK_CLAIM);
	webhook_set_null(hook, HOOK_LEASE_UNTIL);
	webhook_set(hook, HOOK_CLAIMED, PointerGetDatum(construct_empty_array(UUIDOID)));
}

/* Removes the first event of a claim.  Returns whether the claim goes on. */
static bool
go_on(Webhook *hook, TimestampTz now)
{
	ArrayType  *claimed = DatumGetArrayTypeP(webhook_get(hook, HOOK_CLAIMED));
	pg_uuid_t  *ids = (pg_uuid_t *) ARR_DATA_PTR(claimed);
	int			count = ArrayGetNItems(ARR_NDIM(claimed), ARR_DIMS(claimed));
	Datum	   *left = palloc(sizeof(Datum) * count);

	if (count < 2 || !DatumGetBool(webhook_get(hook, HOOK_IS_ACTIVE)) ||
		DatumGetTimestampTz(webhook_get(hook, HOOK_CLAIMED_ON)) + CLAIM_TIME < now)
	{
		end_claim(hook);
		return false;
	}
	for (int i = 1; i < count; i++)
		left[i - 1] = UUIDPGetDatum(&ids[i]);
	webhook_set(hook, HOOK_CLAIMED, PointerGetDatum(tc_uuid_array(left, count - 1)));
	webhook_set(hook, HOOK_LEASE_UNTIL,
				TimestampTzGetDatum(now + DatumGetInt32(webhook_get(hook, HOOK_LEASE_SECONDS)) * USECS_PER_SEC));
	return true;
}

/*
 * Moves the position behind an event.  type: set to its type.  An event that has been purged
 * leaves the position where it is, with nothing behind it that was passed.
 */
static void
move_behind_event(Webhook *hook, const pg_uuid_t *event_id, char **type)
{
	Datum		values[2] = {webhook_get(hook, HOOK_ORG_ID), UUIDPGetDatum(event_id)};
	SyncToken	token;
	bool		isnull;

	*type = NULL;
	plan_run(&event_type_plan, values, NULL, false);
	if (SPI_processed > 0)
	{
		*type = TextDatumGetCString(plan_value(0, 1, &isnull));
		if (event_token_read(&token, TextDatumGetCString(webhook_get(hook, HOOK_POSITION))) && token.stage == TOKEN_STEP)
		{
			token.place.generation = DatumGetInt32(plan_value(0, 2, &isnull));
			token.place.txid = DatumGetUInt64(plan_value(0, 3, &isnull));
			token.place.seq = DatumGetInt64(plan_value(0, 4, &isnull));
			token.place.id = *event_id;
			token.last_event = *event_id;
			webhook_set(hook, HOOK_POSITION, CStringGetTextDatum(event_token_write(&token)));
		}
	}
	webhook_set(hook, HOOK_LAST_EVENT, UUIDPGetDatum(event_id));
	webhook_set_null(hook, HOOK_FAILING_EVENT);
	webhook_set_null(hook, HOOK_FAILING_SINCE);
	webhook_set_null(hook, HOOK_NEXT_ATTEMPT);
	webhook_set(hook, HOOK_ATTEMPTS, Int32GetDatum(0));
}

/* --- what became of a message --- */

static bool
is_success(const WebhookAnswer *answer)
{
	return answer->has_status && answer->status >= 200 && answer->status <= 299;
}

/* Records what became of a test, which is sent once and changes nothing else. */
static void
finish_test(Webhook *hook, const WebhookAnswer *answer, TimestampTz now)
{
	JsonWriter	out;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	json_write_key(&out, "event");
	json_write_uuid(&out, DatumGetUUIDP(webhook_get(hook, HOOK_TEST_ID)));
	json_write_key(&out, "finished_on");
	json_write_timestamp(&out, now);
	json_write_key(&out, "delivered");
	json_write_bool(&out, is_success(answer));
	webhook_dead_write_answer(&out, answer);
	json_write_close(&out, '}');
	webhook_set(hook, HOOK_TEST_RESULT, webhook_dead_end(&out));
	webhook_set_null(hook, HOOK_TEST_ID);
}

/* Returns the pause after a failed attempt.  attempts: how many have failed. */
static int64
pause_after(const WebhookAnswer *answer, int attempts)
{
	int			place = Min(attempts, (int) lengthof(pauses)) - 1;
	double		jitter = 0.8 + 0.4 * pg_prng_double(&pg_global_prng_state);

	if (answer->retry_after >= 0 && answer->has_status &&
		(answer->status == STATUS_TOO_MANY_REQUESTS || answer->status == STATUS_UNAVAILABLE))
		return Min(answer->retry_after, MAX_RETRY_AFTER);
	return (int64) (pauses[place] * jitter * USECS_PER_SEC);
}

/* Records a failed attempt, and when the next one is; or gives the event up. */
static Outcome
finish_failed(Webhook *hook, const pg_uuid_t *event_id, const WebhookAnswer *answer, TimestampTz now)
{
	bool		is_first = !webhook_has(hook, HOOK_FAILING_EVENT) ||
		tc_uuid_compare(DatumGetUUIDP(webhook_get(hook, HOOK_FAILING_EVENT)), event_id) != 0;
	int			attempts = is_first ? 1 : DatumGetInt32(webhook_get(hook, HOOK_ATTEMPTS)) + 1;
	TimestampTz since = is_first ? now : DatumGetTimestampTz(webhook_get(hook, HOOK_FAILING_SINCE));
	char	   *type;

	if (now >= since + TRIED_FOR)
	{
		move_behind_event(hook, event_id, &type);
		webhook_dead_add(hook, event_id, type, answer, attempts, now);
		return OUTCOME_DEAD;
	}
	webhook_set(hook, HOOK_FAILING_EVENT, UUIDPGetDatum(event_id));
	webhook_set(hook, HOOK_FAILING_SINCE, TimestampTzGetDatum(since));
	webhook_set(hook, HOOK_ATTEMPTS, Int32GetDatum(attempts));
	webhook_set(hook, HOOK_NEXT_ATTEMPT, TimestampTzGetDatum(Min(now + pause_after(answer, attempts), since + TRIED_FOR)));
	return OUTCOME_RETRY;
}

/* Records what became of an event, the first one of a claim. */
static Outcome
finish_event(Webhook *hook, const pg_uuid_t *event_id, const WebhookAnswer *answer, TimestampTz now)
{
	char	   *type;

	webhook_set(hook, HOOK_LAST_ATTEMPT, TimestampTzGetDatum(now));
	webhook_set(hook, HOOK_LAST_STATUS, Int32GetDatum(answer->status));
	hook->values[HOOK_LAST_STATUS].isnull = !answer->has_status;
	webhook_set_null(hook, HOOK_LAST_ERROR);
	if (answer->error != NULL)
		webhook_set(hook, HOOK_LAST_ERROR, CStringGetTextDatum(answer->error));
	if (is_success(answer))
	{
		move_behind_event(hook, event_id, &type);
		webhook_count(hook, HOOK_DELIVERED);
		return OUTCOME_DELIVERED;
	}
	if (answer->has_status && answer->status == STATUS_GONE)
	{
		webhook_set(hook, HOOK_IS_ACTIVE, BoolGetDatum(false));
		webhook_set(hook, HOOK_DISABLED_REASON, CStringGetTextDatum("gone"));
		webhook_set(hook, HOOK_DISABLED_ON, TimestampTzGetDatum(now));
		return OUTCOME_DISABLED;
	}
	return finish_failed(hook, event_id, answer, now);
}

static const NullableDatum none = {.isnull = true};

static void
write_outcome(JsonWriter *out, Outcome outcome, bool goes_on, NullableDatum next_attempt)
{
	json_write_open(out, '{');
	json_write_string_member(out, "outcome", outcomes[outcome]);
	json_write_key(out, "continue");
	json_write_bool(out, goes_on);
	json_write_key(out, "next_attempt");
	if (next_attempt.isnull)
		json_write_null(out);
	else
		json_write_timestamp(out, DatumGetTimestampTz(next_attempt.value));
	json_write_close(out, '}');
}

/* Writes what becomes of a message whose claim is over. */
void
webhook_finish_lost(JsonWriter *out)
{
	write_outcome(out, OUTCOME_LOST, false, none);
}

/*
 * Records what became of a message, and writes it: whether the worker goes on with the next
 * message of the claim, and when a failed one is tried again.  A claim that is over, or that
 * somebody else has by now, is "lost", and nothing is recorded.  Raises 22023 for an event
 * that is not the next one of the claim.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
webhook_finish(JsonWriter *out, const pg_uuid_t *claim, const pg_uuid_t *event_id, const WebhookAnswer *answer)
{
	TimestampTz now = GetCurrentTimestamp();
	Webhook		hook;
	Outcome		outcome;
	bool		goes_on = false;
	int			place = webhook_row_lock_claimed(&hook, claim) ? place_in_claim(&hook, event_id) : -1;

	if (place < 0)
	{
		webhook_finish_lost(out);
		return;
	}
	if (place > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "event_id"),
				 errdetail("It is not the next event of the claim."),
				 errhint("Send the events of a claim one after the other, in their order.")));
	if (webhook_has(&hook, HOOK_TEST_ID) && tc_uuid_compare(DatumGetUUIDP(webhook_get(&hook, HOOK_TEST_ID)), event_id) == 0)
	{
		finish_test(&hook, answer, now);
		outcome = is_success(answer) ? OUTCOME_DELIVERED : OUTCOME_DEAD;
	}
	else
		outcome = finish_event(&hook, event_id, answer, now);
	if (outcome == OUTCOME_DELIVERED || outcome == OUTCOME_DEAD)
		goes_on = go_on(&hook, now);
	else
		end_claim(&hook);
	webhook_row_write(&hook);
	write_outcome(out, outcome, goes_on, outcome == OUTCOME_RETRY ? hook.values[HOOK_NEXT_ATTEMPT] : none);
}
