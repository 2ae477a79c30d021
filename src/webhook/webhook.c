/*
 * webhook.c
 *		Webhooks, as admins create, change and see them.
 *
 * A webhook has a position in the feed of its organization: a token, as copies have.  So no
 * write of a task knows how many webhooks there are.  What it sends is what its creator may
 * see at that time; webhook_claim.c hands it to workers.
 *
 * Secrets are in the table, which no client reads, and in the answers that create and replace
 * them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "event/event_feed.h"
#include "task/list_paging.h"
#include "task/organization.h"
#include "webhook/webhook.h"
#include "webhook/webhook_message.h"

/* The webhooks of an organization; all are on one page. */
#define MAX_WEBHOOKS 100
/* How many of the events that wait are counted. */
#define MAX_PENDING 1000

/* A condition on webhook w: the user as whom it sees is an admin. */
#define CREATOR_IS_ADMIN \
	"EXISTS (SELECT FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id" \
	" WHERE m.org_id = $1 AND m.user_id = w.created_by AND m.role = 'admin' AND m.is_active AND u.is_active)"

#define WEBHOOK_COLUMNS \
	"w.id, w.url, pg_catalog.to_jsonb(w.types), w.filters," \
	" CASE WHEN NOT w.is_active OR NOT " CREATOR_IS_ADMIN " THEN 'disabled' WHEN w.attempts > 0 THEN 'retrying' ELSE 'active' END," \
	" CASE WHEN NOT w.is_active THEN w.disabled_reason WHEN NOT " CREATOR_IS_ADMIN " THEN 'creator' END," \
	" w.disabled_on, w.created_by, w.created_on, w.updated_on," \
	" CASE WHEN w.former_until > statement_timestamp() THEN w.former_until END," \
	" w.last_event, w.last_attempt, w.last_status::pg_catalog.int8, w.last_error, w.attempts::pg_catalog.int8, w.next_attempt," \
	" w.delivered, w.dead, w.dead_events, w.test_result"
#define NOT_COUNTED ", NULL::pg_catalog.int8"

#define WEBHOOK_FIELDS \
	{"id", ROW_UUID, false, "The id of the webhook."}, \
	{"url", ROW_TEXT, false, "Where events are sent."}, \
	{"types", ROW_ARRAY, false, "The types of events that are sent; empty for all."}, \
	{"filters", ROW_OBJECT, false, "Filters of tasks: the events of other tasks, their comments and files are not sent."}, \
	{"state", ROW_TEXT, false, "active; retrying, after an attempt failed; or disabled."}, \
	{"disabled_reason", ROW_TEXT, true, "Why it is disabled: admin, somebody did it; creator, the user as whom it sees is no active admin; gone, the receiver answered 410; filters, they are not valid any more."}, \
	{"disabled_on", ROW_TIMESTAMP, true, "When it was disabled."}, \
	{"created_by", ROW_UUID, false, "The id of the user as whom it sees: who created it, or activated it again."}, \
	{"created_on", ROW_TIMESTAMP, false, "When it was created."}, \
	{"updated_on", ROW_TIMESTAMP, false, "When it was last changed by an admin."}, \
	{"former_secret_until", ROW_TIMESTAMP, true, "Until when messages are signed with the former secret as well."}, \
	{"last_event", ROW_UUID, true, "The id of the last event that it has passed."}, \
	{"last_attempt", ROW_TIMESTAMP, true, "When the last attempt ended."}, \
	{"last_status", ROW_BIGINT, true, "The HTTP status of the last attempt; null if there was no answer."}, \
	{"last_error", ROW_TEXT, true, "What went wrong with the last attempt."}, \
	{"attempts", ROW_BIGINT, false, "How often the next event was sent in vain."}, \
	{"next_attempt", ROW_TIMESTAMP, true, "When it is sent again."}, \
	{"delivered", ROW_BIGINT, false, "How many events were delivered."}, \
	{"dead", ROW_BIGINT, false, "How many events were given up."}, \
	{"dead_events", ROW_ARRAY, false, "The last 100 of them."}, \
	{"test_result", ROW_OBJECT, true, "What became of the last test."}, \
	{"pending", ROW_BIGINT, true, "How many events it has not passed yet, at most 1000; null where they are not counted."}

static const RowField webhook_fields[] = {WEBHOOK_FIELDS};

static const RowField new_webhook_fields[] = {
	WEBHOOK_FIELDS,
	{"secret", ROW_TEXT, false, "The secret that signs its messages. It cannot be read again."}
};

const RowSchema webhook_schema = {
	"Webhook", "An address to which events are sent.", lengthof(webhook_fields), webhook_fields
};

const RowSchema new_webhook_schema = {
	"WebhookWithSecret", "A webhook with its new secret.", lengthof(new_webhook_fields), new_webhook_fields
};

static KeptPlan count_webhooks_plan = TENANT_PLAN(
	"SELECT count(*) FROM taskcrm_internal.webhook w WHERE w.org_id = $1",
	1, UUIDOID);

static KeptPlan create_webhook_plan = TENANT_PLAN(
	"INSERT INTO taskcrm_internal.webhook AS w (org_id, created_by, url, types, filters, is_active, disabled_reason, disabled_on,"
	" secret, position, generation, txid, last_event)"
	" VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN NOT $6 THEN 'admin' END, CASE WHEN NOT $6 THEN now() END, $7, $8, $9, $10, $11)"
	" RETURNING " WEBHOOK_COLUMNS NOT_COUNTED,
	11, UUIDOID, UUIDOID, TEXTOID, TEXTARRAYOID, JSONBOID, BOOLOID, BYTEAOID, TEXTOID, INT4OID, XID8OID, UUIDOID);

#define SENT_KEY(column, sent, value) column " = CASE WHEN $" sent " THEN $" value " ELSE w." column " END"

/*
 * $2 id, $3 the caller; then for each key whether it was sent, and its value.  Who activates
 * it is the one as whom it sees, and it tries again at once.
 */
static KeptPlan update_webhook_plan = TENANT_PLAN(
	"UPDATE taskcrm_internal.webhook w SET " SENT_KEY("url", "4", "5") ", " SENT_KEY("types", "6", "7") ", "
	SENT_KEY("filters", "8", "9") ", " SENT_KEY("is_active", "10", "11")
	", created_by = CASE WHEN $10 AND $11 THEN $3 ELSE w.created_by END"
	", disabled_reason = CASE WHEN $10 THEN CASE WHEN NOT $11 THEN 'admin' END ELSE w.disabled_reason END"
	", disabled_on = CASE WHEN $10 THEN CASE WHEN NOT $11 THEN now() END ELSE w.disabled_on END"
	", next_attempt = CASE WHEN $4 OR $10 THEN NULL ELSE w.next_attempt END"
	", failing_since = CASE WHEN $4 OR $10 THEN NULL ELSE w.failing_since END"
	", failing_event = CASE WHEN $4 OR $10 THEN NULL ELSE w.failing_event END"
	", attempts = CASE WHEN $4 OR $10 THEN 0 ELSE w.attempts END"
	", updated_on = now() WHERE w.org_id = $1 AND w.id = $2 RETURNING " WEBHOOK_COLUMNS NOT_COUNTED,
	11, UUIDOID, UUIDOID, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTARRAYOID, BOOLOID, JSONBOID, BOOLOID, BOOLOID);

static KeptPlan rotate_plan = TENANT_PLAN(
	"UPDATE taskcrm_internal.webhook w SET former_secret = w.secret, former_until = $3, secret = $4, updated_on = now()"
	" WHERE w.org_id = $1 AND w.id = $2 RETURNING " WEBHOOK_COLUMNS NOT_COUNTED,
	4, UUIDOID, UUIDOID, TIMESTAMPTZOID, BYTEAOID);

static KeptPlan delete_webhook_plan = TENANT_PLAN(
	"DELETE FROM taskcrm_internal.webhook w WHERE w.org_id = $1 AND w.id = $2",
	2, UUIDOID, UUIDOID);

static KeptPlan find_webhook_plan = TENANT_PLAN(
	"SELECT w.is_active AND " CREATOR_IS_ADMIN " FROM taskcrm_internal.webhook w WHERE w.org_id = $1 AND w.id = $2 FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

static KeptPlan lock_webhook_plan = TENANT_PLAN(
	"SELECT " WEBHOOK_COLUMNS NOT_COUNTED " FROM taskcrm_internal.webhook w WHERE w.org_id = $1 AND w.id = $2 FOR NO KEY UPDATE OF w",
	2, UUIDOID, UUIDOID);

static KeptPlan test_plan = TENANT_PLAN(
	"UPDATE taskcrm_internal.webhook w SET test_id = $3, test_result = NULL WHERE w.org_id = $1 AND w.id = $2",
	3, UUIDOID, UUIDOID, UUIDOID);

static KeptPlan position_plan = TENANT_PLAN(
	"SELECT w.position FROM taskcrm_internal.webhook w WHERE w.org_id = $1 AND w.id = $2",
	2, UUIDOID, UUIDOID);

/* $3: how many events it has not passed. */
static KeptPlan show_plan = TENANT_PLAN(
	"SELECT " WEBHOOK_COLUMNS ", $3 FROM taskcrm_internal.webhook w WHERE w.org_id = $1 AND w.id = $2",
	3, UUIDOID, UUIDOID, INT8OID);

#define LIST_ORDER " FROM taskcrm_internal.webhook w WHERE w.org_id = $1 ORDER BY w.id"

static KeptPlan positions_plan = TENANT_PLAN("SELECT w.position" LIST_ORDER, 1, UUIDOID);

/* $2: how many events each has not passed, in the same order. */
static KeptPlan list_webhooks_plan = TENANT_PLAN(
	"SELECT " WEBHOOK_COLUMNS ", ($2)[pg_catalog.row_number() OVER (ORDER BY w.id)]" LIST_ORDER,
	2, UUIDOID, INT8ARRAYOID);

static void
set_webhook_arguments(Datum values[2], const Identity *identity, const pg_uuid_t *id)
{
	values[0] = UUIDPGetDatum(&identity->org_id);
	values[1] = UUIDPGetDatum(id);
}

/* Writes the webhook of the last result.  secret: NULL unless it is new. */
static void
write_webhook(JsonWriter *out, const bytea *secret)
{
	json_write_open(out, '{');
	row_write_fields(out, &webhook_schema, 0);
	if (secret != NULL)
		json_write_string_member(out, "secret", webhook_message_show_secret(secret));
	json_write_close(out, '}');
}

/* Whether a webhook is there that a trigger may have kept from being written. */
static bool
webhook_is_there(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2];

	set_webhook_arguments(values, identity, id);
	return plan_finds(&find_webhook_plan, values);
}

/* Raises 09000 if a trigger has suppressed the row of a webhook that exists. */
static bool
refuse_suppressed(const Identity *identity, const pg_uuid_t *id)
{
	if (suppress_is_possible("webhook") && webhook_is_there(identity, id))
		suppress_raise("webhook");
	return false;
}

static void
require_room(const Identity *identity)
{
	Datum		values[1] = {UUIDPGetDatum(&identity->org_id)};
	bool		isnull;

	organization_lock(&identity->org_id);
	plan_run(&count_webhooks_plan, values, NULL, false);
	if (DatumGetInt64(plan_value(0, 1, &isnull)) >= MAX_WEBHOOKS)
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("the organization has %d webhooks", MAX_WEBHOOKS),
				 errhint("Delete one first.")));
}

/*
 * Creates a webhook, which sends what happens from now on, and writes it with its secret.
 * data: all keys.  Raises PT409 for too many, 09000.  Needs an API call of an admin in
 * progress, as all functions here.
 */
void
webhook_create(JsonWriter *out, const Identity *identity, const WebhookData *data)
{
	static const pg_uuid_t none = {{0}};
	bytea	   *secret = webhook_message_make_secret();
	PlanArgs	args = {0};
	SyncToken	token;

	require_room(identity);
	event_feed_begin(&token, &identity->org_id, &identity->user_id);
	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	for (int i = 0; i < WEBHOOK_KEYS; i++)
		plan_arg(&args, data->values[i]);
	plan_arg(&args, PointerGetDatum(secret));
	plan_arg_text(&args, event_token_write(&token));
	plan_arg(&args, Int32GetDatum(token.seen.generation));
	plan_arg(&args, UInt64GetDatum(token.seen.xmin));
	plan_arg_nullable(&args, (NullableDatum) {
		UUIDPGetDatum(&token.last_event), tc_uuid_compare(&token.last_event, &none) == 0
	});
	plan_run_args(&create_webhook_plan, &args);
	plan_require_rows(1, "webhook");
	write_webhook(out, secret);
}

/* Locks a webhook and writes it as it is now.  Returns false if there is no such webhook. */
bool
webhook_lock(JsonWriter *present, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2];

	set_webhook_arguments(values, identity, id);
	if (!plan_finds(&lock_webhook_plan, values))
		return false;
	write_webhook(present, NULL);
	return true;
}

/*
 * Changes the keys of a webhook that were sent, and writes it.  Returns false if there is no
 * such webhook.  Raises 09000.
 */
bool
webhook_update(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, const WebhookData *data)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	for (int i = 0; i < WEBHOOK_KEYS; i++)
	{
		plan_arg(&args, BoolGetDatum(data->sent[i]));
		plan_arg_nullable(&args, (NullableDatum) {data->values[i], !data->sent[i]});
	}
	plan_run_args(&update_webhook_plan, &args);
	if (SPI_processed == 0)
		return refuse_suppressed(identity, id);
	write_webhook(out, NULL);
	return true;
}

/*
 * Gives a webhook another secret, and writes the webhook with it.  Until former_until, messages
 * are signed with the one before as well.  Returns false if there is no such webhook.  Raises
 * 09000.
 */
bool
webhook_rotate_secret(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, TimestampTz former_until)
{
	bytea	   *secret = webhook_message_make_secret();
	Datum		values[4];

	set_webhook_arguments(values, identity, id);
	values[2] = TimestampTzGetDatum(former_until);
	values[3] = PointerGetDatum(secret);
	plan_run(&rotate_plan, values, NULL, false);
	if (SPI_processed == 0)
		return refuse_suppressed(identity, id);
	write_webhook(out, secret);
	return true;
}

/* Deletes a webhook.  Returns false if there is no such webhook.  Raises 09000. */
bool
webhook_delete(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2];

	set_webhook_arguments(values, identity, id);
	return plan_finds(&delete_webhook_plan, values) || refuse_suppressed(identity, id);
}

/*
 * Asks for a message that tests a webhook, and writes the id of its event.  It is sent once,
 * ahead of others.  Returns false if there is no such webhook.  Raises PT409 for one that is
 * disabled, 09000.
 */
bool
webhook_test(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	pg_uuid_t	test_id;
	Datum		values[3];
	bool		isnull;

	set_webhook_arguments(values, identity, id);
	if (!plan_finds(&find_webhook_plan, values))
		return false;
	if (!DatumGetBool(plan_value(0, 1, &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("the webhook is disabled"),
				 errhint("Activate it with tc_update_webhook() first.")));
	tc_uuid_make(&test_id);
	values[2] = UUIDPGetDatum(&test_id);
	if (!plan_finds(&test_plan, values))
		suppress_raise("webhook");
	json_write_open(out, '{');
	json_write_key(out, "event");
	json_write_uuid(out, &test_id);
	json_write_close(out, '}');
	return true;
}

/* Returns how many events a position has not passed yet, as a datum. */
static Datum
count_behind(Datum position)
{
	SyncToken	token;

	return Int64GetDatum(event_token_read(&token, TextDatumGetCString(position)) ? event_feed_count(&token, MAX_PENDING) : 0);
}

/* Writes a webhook with its state.  Returns false if there is no such webhook. */
bool
webhook_show(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[3];
	bool		isnull;

	set_webhook_arguments(values, identity, id);
	plan_run(&position_plan, values, NULL, true);
	if (SPI_processed == 0)
		return false;
	values[2] = count_behind(plan_value(0, 1, &isnull));
	plan_run(&show_plan, values, NULL, true);
	write_webhook(out, NULL);
	return true;
}

/* Returns how many events each webhook has not passed yet, in the order of the list. */
static ArrayType *
count_pending(const Identity *identity)
{
	Datum		values[1] = {UUIDPGetDatum(&identity->org_id)};
	uint64		count;
	Datum	   *pending;
	bool		isnull;

	plan_run(&positions_plan, values, NULL, true);
	count = SPI_processed;
	pending = palloc(sizeof(Datum) * (count + 1));
	for (uint64 row = 0; row < count; row++)
		pending[row] = plan_value(row, 1, &isnull);
	for (uint64 row = 0; row < count; row++)
		pending[row] = count_behind(pending[row]);
	return construct_array(pending, (int) count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/* Writes all webhooks, in the order in which they were created, as a list with one page. */
void
webhook_list(JsonWriter *out, const Identity *identity)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id)};
	ListEnvelope envelope = {0};

	values[1] = PointerGetDatum(count_pending(identity));
	plan_run(&list_webhooks_plan, values, NULL, true);
	envelope.total = (int64) SPI_processed;
	list_envelope_begin(out, &envelope);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		json_write_open(out, '{');
		row_write_fields(out, &webhook_schema, row);
		json_write_close(out, '}');
	}
	list_envelope_end(out, &envelope);
}
