/*
 * webhook_claim.c
 *		Hands the next messages of webhooks to workers.
 *
 * A claim holds the next events of a webhook for one worker, until its lease runs out.  The
 * position of the webhook does not move behind an event before a worker has told what became
 * of it, so that a worker that dies loses nothing.
 *
 * The events are read as the user who created the webhook: what that user cannot see now is
 * not sent.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/id_set.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "db/attempt.h"
#include "db/cluster.h"
#include "db/plan.h"
#include "event/event_feed.h"
#include "event/event_filter.h"
#include "event/event_history.h"
#include "identity/identity_cache.h"
#include "task/event_row.h"
#include "task/own_column.h"
#include "webhook/webhook_claim.h"
#include "webhook/webhook_input.h"
#include "webhook/webhook_message.h"
#include "webhook/webhook_row.h"

/* How many events are looked at at once, and how many of such pages in one claim. */
#define FEED_PAGE 500
#define MAX_PAGES 20
/* A claim of one webhook ends with the message that exceeds this. */
#define MAX_BODIES ((Size) 1024 * 1024)

/* The events that are claimed, in their order, and the position before the first one. */
typedef struct ClaimedEvents
{
	SyncToken	position;
	int			count;
	pg_uuid_t  *ids;
	bytea	  **bodies;			/* NULL for an event that is gone */
} ClaimedEvents;

/* $1 organization, $2 ids: those of existing tasks, whoever may see them. */
static KeptPlan existing_tasks_plan = BOOKKEEPING_PLAN(
	"SELECT t.id FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = ANY ($2)",
	2, UUIDOID, UUIDARRAYOID);

/* Returns the identity of the user who created a webhook; false unless an active admin. */
static bool
identify_creator(Identity *identity, const Webhook *hook)
{
	CachedUser	user;

	memset(identity, 0, sizeof(*identity));
	identity->source = IDENTITY_LOGIN;
	identity->has_user = true;
	identity->has_org = true;
	identity->is_admin = true;
	identity->org_id = *DatumGetUUIDP(webhook_get(hook, HOOK_ORG_ID));
	identity->user_id = *DatumGetUUIDP(webhook_get(hook, HOOK_CREATED_BY));
	user = identity_cache_user(&identity->user_id, &identity->org_id);
	return user.is_active && user.is_member && user.is_admin;
}

/* Disables a webhook.  reason: as webhook_schema describes it. */
static void
disable_webhook(Webhook *hook, const char *reason, TimestampTz now)
{
	webhook_set(hook, HOOK_IS_ACTIVE, BoolGetDatum(false));
	webhook_set(hook, HOOK_DISABLED_REASON, CStringGetTextDatum(reason));
	webhook_set(hook, HOOK_DISABLED_ON, TimestampTzGetDatum(now));
	webhook_row_write(hook);
}

/* --- which events --- */

typedef struct CheckedFilters
{
	Jsonb	   *filters;
	const Identity *identity;
} CheckedFilters;

static void
check_filters(void *state)
{
	const CheckedFilters *checked = state;
	JsonReadKey key = {.object = "webhook", .key = "filters"};

	event_filter_check(&key, checked->filters, checked->identity);
}

static bool
is_error_of_filters(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION || sqlstate == ERRCODE_TC_NOT_FOUND;
}

/*
 * Whether filters are valid now, as a column of an administrator or a view may be gone.  An
 * error of the filters must not stop the other webhooks.
 */
static bool
filters_are_valid(Jsonb *filters, const Identity *identity)
{
	CheckedFilters checked = {filters, identity};

	return JB_ROOT_COUNT(filters) == 0 || attempt(check_filters, &checked, is_error_of_filters);
}

/* Returns the tasks of events that exist and are not in the set. */
static void
find_hidden_tasks(IdSet *hidden, const Identity *identity, const IdSet *tasks, const IdSet *shown)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id)};
	pg_uuid_t  *ids;
	int			count = 0;
	OwnerSwitch saved;
	bool		isnull;

	values[1] = PointerGetDatum(id_set_difference(tasks, shown));
	owner_enter(&saved, OWNER_BOOKKEEPING);
	plan_run(&existing_tasks_plan, values, NULL, true);
	owner_leave(&saved);
	ids = palloc(sizeof(pg_uuid_t) * (SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
		ids[count++] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
	id_set_make(hidden, ids, count);
}

/*
 * Finds the tasks of events that the creator cannot see, or that do not pass the filters.  Of a
 * task that is gone, nobody can tell any more; so its events are sent.
 */
static void
find_unwanted_tasks(IdSet *unwanted, const FeedPage *page, const Webhook *hook, const Identity *identity)
{
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * (page->count + 1));
	int			count = 0;
	IdSet		tasks;
	IdSet		shown;
	PageRows	rows;
	bool		isnull;

	memset(unwanted, 0, sizeof(*unwanted));
	for (int i = 0; i < page->count; i++)
	{
		if (page->events[i].has_task)
			ids[count++] = page->events[i].task_id;
	}
	if (count == 0)
		return;
	id_set_make(&tasks, ids, count);
	event_filter_read_tasks(&rows, DatumGetJsonbP(webhook_get(hook, HOOK_FILTERS)), tasks.ids, tasks.count, identity);
	ids = palloc(sizeof(pg_uuid_t) * (rows.count + 1));
	for (uint64 row = 0; row < rows.count; row++)
		ids[row] = *DatumGetUUIDP(SPI_getbinval(rows.rows[row], rows.desc, 1, &isnull));
	id_set_make(&shown, ids, (int) rows.count);
	find_hidden_tasks(unwanted, identity, &tasks, &shown);
}

/* Drops the events of a page that have other types than a webhook wants. */
static FeedPage
events_of_types(const FeedPage *page, ArrayType *types)
{
	FeedPage	kept = {.events = palloc(sizeof(FeedEvent) * (page->count + 1))};

	for (int i = 0; i < page->count; i++)
	{
		if (webhook_input_has_type(types, page->events[i].type))
			kept.events[kept.count++] = page->events[i];
	}
	return kept;
}

/* Takes the events of a page that a webhook wants, up to max. */
static void
take_wanted(ClaimedEvents *claimed, const FeedPage *page, const Webhook *hook, const Identity *identity, int max)
{
	FeedPage	typed = events_of_types(page, DatumGetArrayTypeP(webhook_get(hook, HOOK_TYPES)));
	IdSet		unwanted;

	event_filter_drop_hidden(&typed, &identity->org_id);
	find_unwanted_tasks(&unwanted, &typed, hook, identity);
	claimed->ids = palloc(sizeof(pg_uuid_t) * (typed.count + 1));
	claimed->count = 0;
	for (int i = 0; i < typed.count && claimed->count < max; i++)
	{
		if (!typed.events[i].has_task || id_set_position(&unwanted, &typed.events[i].task_id) < 0)
			claimed->ids[claimed->count++] = typed.events[i].place.id;
	}
}

/*
 * Returns the position before the first claimed event.  before, after: the tokens before and
 * after the page.
 */
static SyncToken
position_before(const ClaimedEvents *claimed, const FeedPage *page, const SyncToken *before, const SyncToken *after)
{
	SyncToken	position = *before;
	int			first = 0;

	if (claimed->count == 0)
		return *after;
	while (tc_uuid_compare(&page->events[first].place.id, &claimed->ids[0]) != 0)
		first++;
	/* A step that begins here ends with the snapshot with which the page was read. */
	if (before->stage == TOKEN_DONE)
	{
		memset(&position.place, 0, sizeof(position.place));
		position.place.generation = position.seen.generation;
	}
	position.stage = TOKEN_STEP;
	position.until = after->until;
	if (first > 0)
	{
		position.place = page->events[first - 1].place;
		position.last_event = position.place.id;
	}
	return position;
}

/* Reads the feed up to the first page that has events which a webhook wants. */
static void
read_events(ClaimedEvents *claimed, const Webhook *hook, const Identity *identity, int max)
{
	SyncToken	token;

	if (!event_token_read(&token, TextDatumGetCString(webhook_get(hook, HOOK_POSITION))))
		event_feed_begin(&token, &identity->org_id, &identity->user_id);
	event_feed_follow(&token);
	for (int i = 0; i < MAX_PAGES; i++)
	{
		SyncToken	before = token;
		bool		begins_step = token.stage == TOKEN_DONE;
		FeedPage	page;

		CHECK_FOR_INTERRUPTS();
		event_feed_read(&page, &token, Min(FEED_PAGE, settings_max_limit));
		take_wanted(claimed, &page, hook, identity, max);
		claimed->position = position_before(claimed, &page, &before, &token);
		if (claimed->count > 0 || (begins_step && token.stage == TOKEN_DONE))
			break;
	}
}

/* --- their messages --- */

/* Writes the body for an event, a row of the last result. */
static bytea *
write_event_body(const Identity *identity, uint64 row)
{
	JsonWriter	out;
	bool		isnull;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	row_write_text(&out, "type", row, 2);
	json_write_key(&out, "timestamp");
	json_write_timestamp(&out, DatumGetTimestampTz(plan_value(row, 8, &isnull)));
	json_write_key(&out, "data");
	json_write_open(&out, '{');
	json_write_key(&out, "organization");
	json_write_uuid(&out, &identity->org_id);
	row_write_fields(&out, &event_schema, row);
	json_write_close(&out, '}');
	json_write_close(&out, '}');
	return webhook_message_body(&out);
}

/* Writes the body of a test. */
static bytea *
write_test_body(const Webhook *hook, TimestampTz now)
{
	JsonWriter	out;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	json_write_string_member(&out, "type", WEBHOOK_TEST_TYPE);
	json_write_key(&out, "timestamp");
	json_write_timestamp(&out, now);
	json_write_key(&out, "data");
	json_write_open(&out, '{');
	json_write_key(&out, "organization");
	json_write_uuid(&out, DatumGetUUIDP(webhook_get(hook, HOOK_ORG_ID)));
	json_write_key(&out, "webhook");
	json_write_uuid(&out, DatumGetUUIDP(webhook_get(hook, HOOK_ID)));
	json_write_close(&out, '}');
	json_write_close(&out, '}');
	return webhook_message_body(&out);
}

/* Writes the bodies of claimed events, and claims no more than MAX_BODIES of them. */
static void
write_bodies(ClaimedEvents *claimed, const Identity *identity)
{
	Datum	   *ids = palloc(sizeof(Datum) * (claimed->count + 1));
	uint64		found;
	size_t		size = 0;
	bool		isnull;

	claimed->bodies = palloc0(sizeof(bytea *) * (claimed->count + 1));
	for (int i = 0; i < claimed->count; i++)
		ids[i] = UUIDPGetDatum(&claimed->ids[i]);
	found = event_history_find(&identity->org_id, tc_uuid_array(ids, claimed->count));
	for (int i = 0; i < claimed->count && size <= MAX_BODIES; i++)
	{
		for (uint64 row = 0; row < found && claimed->bodies[i] == NULL; row++)
		{
			if (tc_uuid_compare(DatumGetUUIDP(plan_value(row, 1, &isnull)), &claimed->ids[i]) == 0)
				claimed->bodies[i] = write_event_body(identity, row);
		}
		if (claimed->bodies[i] != NULL)
			size += VARSIZE(claimed->bodies[i]);
		if (size > MAX_BODIES)
			claimed->count = i + 1;
	}
}

/* --- a claim --- */

/* Hands out the messages of a claim, one or more. */
static void
put_messages(const WebhookSink *sink, const ClaimedEvents *claimed, const Webhook *hook, TimestampTz now)
{
	WebhookMessage message = {
		.claim = *DatumGetUUIDP(webhook_get(hook, HOOK_CLAIM)),
		.webhook_id = *DatumGetUUIDP(webhook_get(hook, HOOK_ID)),
		.url = webhook_get(hook, HOOK_URL)
	};
	const bytea *secret = DatumGetByteaPP(webhook_get(hook, HOOK_SECRET));
	const bytea *former = NULL;

	if (webhook_has(hook, HOOK_FORMER_SECRET) && webhook_has(hook, HOOK_FORMER_UNTIL) &&
		DatumGetTimestampTz(webhook_get(hook, HOOK_FORMER_UNTIL)) > now)
		former = DatumGetByteaPP(webhook_get(hook, HOOK_FORMER_SECRET));
	for (int i = 0; i < claimed->count; i++)
	{
		message.event_id = claimed->ids[i];
		message.body = claimed->bodies[i];
		message.headers = webhook_message_headers(&claimed->ids[i], now, message.body, secret, former);
		sink->put(sink->state, &message);
	}
}

/* Makes the id of a claim, which ends with the hash of its organization: see webhook_claim_hash(). */
static void
make_claim(pg_uuid_t *claim, const pg_uuid_t *org_id)
{
	uint32		hash = pg_hton32((uint32) cluster_hash_of(org_id));

	tc_uuid_make(claim);
	memcpy(claim->data + UUID_LEN - sizeof(hash), &hash, sizeof(hash));
}

/*
 * Returns the hash of the organization whose webhook has a claim, as for cluster_hash_of(): a
 * worker that finishes it names no organization.
 */
int32
webhook_claim_hash(const pg_uuid_t *claim)
{
	uint32		hash;

	memcpy(&hash, claim->data + UUID_LEN - sizeof(hash), sizeof(hash));
	return (int32) pg_ntoh32(hash);
}

/* Notes in the row what is claimed. */
static void
set_claim(Webhook *hook, const ClaimedEvents *claimed, int lease_seconds, TimestampTz now)
{
	pg_uuid_t  *claim = palloc(sizeof(pg_uuid_t));
	Datum	   *ids = palloc(sizeof(Datum) * (claimed->count + 1));

	make_claim(claim, DatumGetUUIDP(webhook_get(hook, HOOK_ORG_ID)));
	for (int i = 0; i < claimed->count; i++)
		ids[i] = UUIDPGetDatum(&claimed->ids[i]);
	webhook_set(hook, HOOK_CLAIMED, PointerGetDatum(tc_uuid_array(ids, claimed->count)));
	webhook_set(hook, HOOK_CLAIMED_ON, TimestampTzGetDatum(now));
	webhook_set_null(hook, HOOK_CLAIM);
	webhook_set_null(hook, HOOK_LEASE_UNTIL);
	if (claimed->count == 0)
		return;
	webhook_set(hook, HOOK_CLAIM, UUIDPGetDatum(claim));
	webhook_set(hook, HOOK_LEASE_SECONDS, Int32GetDatum(lease_seconds));
	webhook_set(hook, HOOK_LEASE_UNTIL, TimestampTzGetDatum(now + lease_seconds * USECS_PER_SEC));
}

/* Claims the message of a test. */
static void
claim_test(ClaimedEvents *claimed, const Webhook *hook, TimestampTz now)
{
	claimed->count = 1;
	claimed->ids = palloc(sizeof(pg_uuid_t));
	claimed->bodies = palloc(sizeof(bytea *));
	claimed->ids[0] = *DatumGetUUIDP(webhook_get(hook, HOOK_TEST_ID));
	claimed->bodies[0] = write_test_body(hook, now);
}

/* Claims the next events of a webhook, as its creator.  Returns false for invalid filters. */
static bool
claim_events(ClaimedEvents *claimed, Webhook *hook, const Identity *identity, int max)
{
	OwnerSwitch saved;
	bool		valid;

	identity_pin(identity);
	owner_enter(&saved, OWNER_TENANT);
	valid = filters_are_valid(DatumGetJsonbP(webhook_get(hook, HOOK_FILTERS)), identity);
	if (valid)
	{
		read_events(claimed, hook, identity, max);
		write_bodies(claimed, identity);
	}
	owner_leave(&saved);
	identity_unpin();
	if (!valid)
		return false;
	webhook_set(hook, HOOK_POSITION, CStringGetTextDatum(event_token_write(&claimed->position)));
	webhook_set(hook, HOOK_GENERATION, Int32GetDatum(claimed->position.seen.generation));
	webhook_set(hook, HOOK_TXID, UInt64GetDatum(claimed->position.seen.xmin));
	return true;
}

static void
claim_webhook(const WebhookSink *sink, Webhook *hook, int max_events, int lease_seconds, TimestampTz now)
{
	ClaimedEvents claimed = {.count = 0};
	Identity	identity;

	if (!identify_creator(&identity, hook))
	{
		disable_webhook(hook, "creator", now);
		return;
	}
	if (webhook_has(hook, HOOK_TEST_ID))
		claim_test(&claimed, hook, now);
	else if (!claim_events(&claimed, hook, &identity, max_events))
	{
		disable_webhook(hook, "filters", now);
		return;
	}
	set_claim(hook, &claimed, lease_seconds, now);
	webhook_row_write(hook);
	if (claimed.count > 0)
		put_messages(sink, &claimed, hook, now);
}

/*
 * Returns whether a webhook has something to send, and nobody has claimed it.  Needs a frame in
 * OWNER_BOOKKEEPING mode, and on a cluster a call of an organization in progress.
 */
bool
webhook_claim_is_due(void)
{
	return webhook_row_is_due(GetCurrentTimestamp());
}

/*
 * Claims the next events of some webhooks, and hands out their messages: those of one webhook
 * together and in order.  max_events: of one webhook; lease_seconds: how long the claim holds
 * unless it is used.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
webhook_claim(const WebhookSink *sink, int max_webhooks, int max_events, int lease_seconds)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		has_own_snapshot = !IsolationUsesXactSnapshot();
	Webhook    *hooks;
	int			count;

	own_column_refresh();
	count = webhook_row_lock_due(&hooks, max_webhooks, now);
	/*
	 * The rows are the newest, with positions that another worker may have moved since the
	 * caller's statement began.  The events must not be older.
	 */
	if (has_own_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	for (int i = 0; i < count; i++)
		claim_webhook(sink, &hooks[i], max_events, lease_seconds, now);
	if (has_own_snapshot)
		PopActiveSnapshot();
}
