/*
 * webhook_dead.c
 *		The events that a webhook has given up.
 *
 * The row of a webhook counts them, and has the last ones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "db/plan.h"
#include "webhook/webhook_dead.h"

/* Dead events that are kept. */
#define MAX_DEAD 100

/* $1 dead events, $2 one more, $3 how many are kept. */
static KeptPlan add_dead_plan = BOOKKEEPING_PLAN(
	"SELECT coalesce(jsonb_agg(d.event ORDER BY d.place), '[]') FROM (SELECT a.event, a.place"
	" FROM jsonb_array_elements($1 || $2) WITH ORDINALITY a (event, place) ORDER BY a.place DESC LIMIT $3) d",
	3, JSONBOID, JSONBOID, INT8OID);

/* Writes the members of an object that say what a receiver has answered. */
void
webhook_dead_write_answer(JsonWriter *out, const WebhookAnswer *answer)
{
	json_write_key(out, "status");
	if (answer->has_status)
		json_write_int(out, answer->status);
	else
		json_write_null(out);
	json_write_string_member(out, "error", answer->error);
}

/* Returns what was written as jsonb. */
Datum
webhook_dead_end(JsonWriter *out)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json_write_end(out))));
}

/*
 * Adds an event to those of a row that is locked, without writing the row.  type: NULL if it is not
 * known.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
webhook_dead_add(Webhook *hook, const pg_uuid_t *event_id, const char *type, const WebhookAnswer *answer, int attempts,
				 TimestampTz now)
{
	JsonWriter	out;
	Datum		values[3];
	bool		isnull;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	json_write_key(&out, "id");
	json_write_uuid(&out, event_id);
	json_write_string_member(&out, "type", type);
	json_write_key(&out, "died_on");
	json_write_timestamp(&out, now);
	json_write_key(&out, "attempts");
	json_write_int(&out, attempts);
	webhook_dead_write_answer(&out, answer);
	json_write_close(&out, '}');
	values[0] = webhook_get(hook, HOOK_DEAD_EVENTS);
	values[1] = webhook_dead_end(&out);
	values[2] = Int64GetDatum(MAX_DEAD);
	plan_run(&add_dead_plan, values, NULL, false);
	webhook_set(hook, HOOK_DEAD_EVENTS, plan_value(0, 1, &isnull));
	webhook_count(hook, HOOK_DEAD);
}
