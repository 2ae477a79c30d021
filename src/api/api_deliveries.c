/*
 * api_deliveries.c
 *		Webhooks, for workers, which send their messages.
 *
 * On a cluster, a claim asks each node which of its shards have something to send, and then
 * claims there.  A claim tells by its id where it was made, so that finishing it is one step.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_deliveries.h"
#include "base/compat.h"
#include "db/cluster.h"
#include "db/value_message.h"
#include "task/organization.h"
#include "webhook/webhook_claim.h"
#include "webhook/webhook_finish.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_claim_deliveries);
PG_FUNCTION_INFO_V1(tc_finish_delivery);

#define MAX_WEBHOOKS_OF_CLAIM 1000
#define MAX_EVENTS_OF_CLAIM 1000
/* A message that is sent later than this after its claim may be refused as too old. */
#define MAX_LEASE_SECONDS 120
/* Characters of an error that are kept. */
#define MAX_KEPT_ERROR 500

/* What is claimed. */
typedef struct ClaimArgs
{
	int			max_webhooks;
	int			max_events;
	int			lease_seconds;
} ClaimArgs;

/* --- claiming --- */

/* Adds a message to the rows of tc_claim_deliveries(). */
static void
put_message(void *state, const WebhookMessage *message)
{
	ReturnSetInfo *result = state;
	Datum		values[6] = {
		UUIDPGetDatum(&message->claim), UUIDPGetDatum(&message->webhook_id), UUIDPGetDatum(&message->event_id),
		message->url, JsonbPGetDatum(message->headers), PointerGetDatum(message->body)
	};
	bool		nulls[6] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Answers a step with a message. */
static void
put_line(void *state, const WebhookMessage *message)
{
	const ExportSink *sink = state;
	StringInfoData line;

	value_message_begin(&line);
	value_message_add(&line, UUIDOID, (NullableDatum) {.value = UUIDPGetDatum(&message->claim)});
	value_message_add(&line, UUIDOID, (NullableDatum) {.value = UUIDPGetDatum(&message->webhook_id)});
	value_message_add(&line, UUIDOID, (NullableDatum) {.value = UUIDPGetDatum(&message->event_id)});
	value_message_add(&line, TEXTOID, (NullableDatum) {.value = message->url});
	value_message_add(&line, JSONBOID, (NullableDatum) {.value = JsonbPGetDatum(message->headers)});
	value_message_add(&line, BYTEAOID, (NullableDatum) {.value = PointerGetDatum(message->body)});
	sink->put(sink->state, PointerGetDatum(value_message_end(&line)));
}

/* The messages of steps, and the webhooks that they belong to. */
typedef struct ClaimedLines
{
	WebhookSink sink;
	int			webhooks;
	pg_uuid_t	last_claim;
} ClaimedLines;

/* Passes on the message of such a line. */
static void
take_line(void *state, Datum line)
{
	ClaimedLines *lines = state;
	StringInfoData message;
	WebhookMessage taken;

	value_message_open(&message, DatumGetByteaPP(line));
	taken.claim = *DatumGetUUIDP(value_message_get(&message, UUIDOID).value);
	taken.webhook_id = *DatumGetUUIDP(value_message_get(&message, UUIDOID).value);
	taken.event_id = *DatumGetUUIDP(value_message_get(&message, UUIDOID).value);
	taken.url = value_message_get(&message, TEXTOID).value;
	taken.headers = DatumGetJsonbP(value_message_get(&message, JSONBOID).value);
	taken.body = DatumGetByteaPP(value_message_get(&message, BYTEAOID).value);
	/* The messages of a claim come together. */
	if (lines->webhooks == 0 || tc_uuid_compare(&lines->last_claim, &taken.claim) != 0)
		lines->webhooks++;
	lines->last_claim = taken.claim;
	lines->sink.put(lines->sink.state, &taken);
}

static NullableDatum
write_claim_args(const ClaimArgs *args)
{
	StringInfoData message;

	value_message_begin(&message);
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(args->max_webhooks)});
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(args->max_events)});
	value_message_add(&message, INT4OID, (NullableDatum) {.value = Int32GetDatum(args->lease_seconds)});
	return (NullableDatum) {.value = PointerGetDatum(value_message_end(&message))};
}

/*
 * A step: claims in a shard.  note: as write_claim_args() returns it.  Answers with the lines of
 * put_line().
 */
void
deliveries_claim(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	ExportSink	answer = *sink;
	WebhookSink lines = {.put = put_line, .state = &answer};
	StringInfoData message;
	ClaimArgs	claim;

	value_message_open(&message, DatumGetByteaPP(args->note.value));
	claim.max_webhooks = DatumGetInt32(value_message_get(&message, INT4OID).value);
	claim.max_events = DatumGetInt32(value_message_get(&message, INT4OID).value);
	claim.lease_seconds = DatumGetInt32(value_message_get(&message, INT4OID).value);
	webhook_claim(&lines, claim.max_webhooks, claim.max_events, claim.lease_seconds);
}

/*
 * A step: answers with an organization of each shard of this node that has a webhook with
 * something to send, as its bytes.
 */
void
deliveries_find_due(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	pg_uuid_t  *ids;
	int			count = step_organization_of_each_range(&ids);

	for (int i = 0; i < count; i++)
	{
		Identity	place = {.has_org = true, .org_id = ids[i]};

		if (!cluster_is_here(&ids[i]))
			continue;
		identity_pin(&place);
		if (webhook_claim_is_due())
			sink->put(sink->state, DirectFunctionCall1(uuid_send, UUIDPGetDatum(&ids[i])));
		identity_unpin();
	}
}

/* Appends the line of a shard with something to send. */
static void
take_due(void *state, Datum line)
{
	List	  **due = state;
	pg_uuid_t  *org_id = palloc(sizeof(pg_uuid_t));

	memcpy(org_id, VARDATA_ANY(DatumGetByteaPP(line)), UUID_LEN);
	*due = lappend(*due, org_id);
}

/* Claims on all nodes, beginning anywhere, so that each shard has its turn. */
static void
claim_on_cluster(const WebhookSink *sink, const ClaimArgs *claim)
{
	List	   *due = NIL;
	ExportSink	take = {take_due, &due};
	StepArgs	args = {.note = STEP_NO_NOTE};
	ClaimedLines lines = {.sink = *sink};
	ExportSink	claimed = {take_line, &lines};
	int			first;

	step_run_on_nodes("find_due_deliveries", &args, &take);
	first = due == NIL ? 0 : (int) pg_prng_uint64_range(&pg_global_prng_state, 0, list_length(due) - 1);
	for (int i = 0; i < list_length(due) && lines.webhooks < claim->max_webhooks; i++)
	{
		const pg_uuid_t *org_id = list_nth(due, (first + i) % list_length(due));
		ClaimArgs	rest = *claim;

		rest.max_webhooks -= lines.webhooks;
		args.note = write_claim_args(&rest);
		step_run_for(org_id, "claim_deliveries", &args, &claimed);
	}
}

/* Returns an integer argument from 1 to max.  Raises 22023. */
static int
check_count(FunctionCallInfo fcinfo, int number, const char *name, int max)
{
	int32		count = PG_ARGISNULL(number) ? 0 : PG_GETARG_INT32(number);

	if (count < 1 || count > max)
		argument_invalid(name, psprintf("It must be from 1 to %d.", max), NULL);
	return count;
}

/*
 * tc_claim_deliveries(max_webhooks integer, max_events integer, lease interval) returns setof record
 */
Datum
tc_claim_deliveries(PG_FUNCTION_ARGS)
{
	WebhookSink sink = {.put = put_message, .state = fcinfo->resultinfo};
	ClaimArgs	claim;
	ApiCall		call;

	claim.max_webhooks = check_count(fcinfo, 0, "max_webhooks", MAX_WEBHOOKS_OF_CLAIM);
	claim.max_events = check_count(fcinfo, 1, "max_events", MAX_EVENTS_OF_CLAIM);
	claim.lease_seconds = (int) (argument_interval(PG_ARGISNULL(2) ? NULL : PG_GETARG_INTERVAL_P(2), "lease",
												   USECS_PER_SEC, MAX_LEASE_SECONDS * USECS_PER_SEC) / USECS_PER_SEC);
	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	if (cluster_is_distributed())
		claim_on_cluster(&sink, &claim);
	else
		webhook_claim(&sink, claim.max_webhooks, claim.max_events, claim.lease_seconds);
	api_end(&call);
	return (Datum) 0;
}

/* --- finishing --- */

/* Reads the status, the pause that the receiver asks for, and the error.  Raises 22023. */
static void
read_answer(WebhookAnswer *answer, FunctionCallInfo fcinfo)
{
	answer->has_status = !PG_ARGISNULL(2);
	answer->status = answer->has_status ? PG_GETARG_INT32(2) : 0;
	if (answer->has_status && (answer->status < 100 || answer->status > 599))
		argument_invalid("status", "It is not an HTTP status.", "Send null if there was no answer.");
	answer->retry_after = -1;
	if (!PG_ARGISNULL(3))
		answer->retry_after = argument_interval(PG_GETARG_INTERVAL_P(3), "retry_after", 0, 1000 * USECS_PER_DAY);
	answer->error = PG_ARGISNULL(4) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(4));
	if (answer->error != NULL)
		answer->error[pg_mbcharcliplen(answer->error, (int) strlen(answer->error), MAX_KEPT_ERROR)] = '\0';
}

static NullableDatum
write_answer(const WebhookAnswer *answer)
{
	StringInfoData message;

	value_message_begin(&message);
	value_message_add(&message, INT4OID, (NullableDatum) {
		.value = Int32GetDatum(answer->status), .isnull = !answer->has_status
	});
	value_message_add(&message, INT8OID, (NullableDatum) {.value = Int64GetDatum(answer->retry_after)});
	value_message_add_text(&message, answer->error);
	return (NullableDatum) {.value = PointerGetDatum(value_message_end(&message))};
}

/*
 * A step.  subject: the claim; other: the event; note: as write_answer() returns it.  Answers
 * with the JSON of webhook_finish().
 */
void
deliveries_finish(const pg_uuid_t *org_id, const StepArgs *args, const ExportSink *sink)
{
	StringInfoData message;
	WebhookAnswer answer;
	NullableDatum status;
	JsonWriter	out;

	value_message_open(&message, DatumGetByteaPP(args->note.value));
	status = value_message_get(&message, INT4OID);
	answer.has_status = !status.isnull;
	answer.status = answer.has_status ? DatumGetInt32(status.value) : 0;
	answer.retry_after = DatumGetInt64(value_message_get(&message, INT8OID).value);
	answer.error = value_message_get_text(&message);
	json_write_begin(&out);
	webhook_finish(&out, args->subject, args->other, &answer);
	sink->put(sink->state, json_write_end(&out));
}

static void
take_outcome(void *state, Datum line)
{
	JsonWriter *out = state;

	json_write_raw(out, line);
}

/* Finishes where the claim was made. */
static void
finish_on_cluster(JsonWriter *out, const pg_uuid_t *claim, const pg_uuid_t *event_id, const WebhookAnswer *answer)
{
	StepArgs	args = {.subject = claim, .other = event_id, .note = write_answer(answer)};
	ExportSink	sink = {take_outcome, out};
	pg_uuid_t	org_id;

	if (organization_near(&org_id, webhook_claim_hash(claim)))
		step_run_for(&org_id, "finish_delivery", &args, &sink);
	else
		webhook_finish_lost(out);
}

/*
 * tc_finish_delivery(claim uuid, event_id uuid, status integer, retry_after interval, error text) returns jsonb
 */
Datum
tc_finish_delivery(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *claim = argument_uuid(fcinfo, 0, "claim");
	pg_uuid_t  *event_id = argument_uuid(fcinfo, 1, "event_id");
	WebhookAnswer answer;
	ApiCall		call;
	JsonWriter	out;

	read_answer(&answer, fcinfo);
	json_write_begin(&out);
	api_begin_upkeep(&call);
	if (cluster_is_distributed())
		finish_on_cluster(&out, claim, event_id, &answer);
	else
		webhook_finish(&out, claim, event_id, &answer);
	api_end(&call);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json_write_end(&out))));
}
