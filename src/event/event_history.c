/*
 * event_history.c
 *		The history of a task: its events, newest first, with names.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "event/event_history.h"
#include "task/task_refs.h"
#include "task/task_timeline.h"

/*
 * The names of what the ids in the changes of event e stand for; ids of what is gone, or
 * of users who are no members any more, have none.
 */
#define NAMES \
	"(SELECT coalesce(pg_catalog.jsonb_object_agg(x.id, x.name), '{}') FROM (" \
	"SELECT i.id, coalesce(u.name, k.name, a.name, pg_catalog.concat_ws(' ', c.first_name, c.last_name)) AS name" \
	" FROM (SELECT DISTINCT CASE WHEN v #>> '{}' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'" \
	" THEN (v #>> '{}')::pg_catalog.uuid END AS id" \
	" FROM pg_catalog.unnest(ARRAY['$.assigned_to.*[*]', '$.teams.*[*]', '$.contacts.*[*]', '$.members.*[*]', '$.account.*']::pg_catalog.jsonpath[]) p," \
	" LATERAL pg_catalog.jsonb_path_query(e.changes, p) v WHERE pg_catalog.jsonb_typeof(v) = 'string') i" \
	" LEFT JOIN taskcrm.app_user u ON u.id = i.id" \
	" LEFT JOIN taskcrm.team k ON k.org_id = $1 AND k.id = i.id" \
	" LEFT JOIN taskcrm.account a ON a.org_id = $1 AND a.id = i.id" \
	" LEFT JOIN taskcrm.contact c ON c.org_id = $1 AND c.id = i.id" \
	" WHERE u.id IS NOT NULL OR k.id IS NOT NULL OR a.id IS NOT NULL OR c.id IS NOT NULL) x)"

/* The columns of event_fields, and then its number. */
#define EVENT_COLUMNS \
	"SELECT e.id, e.type, e.task_id, e.subject_id, e.version::pg_catalog.int8, e.actor, u.name, e.happened_on," \
	" e.changes, " NAMES ", e.seq"

#define EVENTS(condition) \
	EVENT_COLUMNS \
	" FROM (SELECT * FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.task_id = $2" condition \
	" ORDER BY e.seq DESC, e.id DESC LIMIT $3"
#define EVENTS_END ") e LEFT JOIN taskcrm.app_user u ON u.id = e.actor ORDER BY e.seq DESC, e.id DESC"

static void write_event_row(JsonWriter *out, uint64 row);

/* The cursor keeps seq where others keep a time. */
static Timeline history_timeline = {
	.path = "history/",
	.time_column = 11,
	.newest = TENANT_PLAN(
		EVENTS("") " OFFSET $4" EVENTS_END,
		4, UUIDOID, UUIDOID, INT8OID, INT8OID),
	.after = TENANT_PLAN(
		EVENTS(" AND (e.seq, e.id) < ($4, $5)") EVENTS_END,
		5, UUIDOID, UUIDOID, INT8OID, INT8OID, UUIDOID),
	.count = TENANT_PLAN(
		"SELECT pg_catalog.count(*) FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.task_id = $2",
		2, UUIDOID, UUIDOID),
	.write = write_event_row
};

static KeptPlan any_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.task_id = $2 LIMIT 1",
	2, UUIDOID, UUIDOID);

static KeptPlan chosen_events_plan = TENANT_PLAN(
	EVENT_COLUMNS " FROM taskcrm_internal.event e LEFT JOIN taskcrm.app_user u ON u.id = e.actor"
	" WHERE e.org_id = $1 AND e.id = ANY ($2)",
	2, UUIDOID, UUIDARRAYOID);

static const RowField event_fields[] = {
	{"id", ROW_UUID, false, "The id of the event."},
	{"type", ROW_TEXT, false, "What it is about, and what happened: task.updated, comment.created and so on."},
	{"task", ROW_UUID, true, "The id of the task that it is about, or that the comment or file belongs to; null for others."},
	{"subject", ROW_UUID, false, "The id of what was changed; of a member, the id of the user."},
	{"version", ROW_BIGINT, true, "The version of the task after the change; null for what has none."},
	{"actor", ROW_UUID, true, "The id of the user who did it; null if no user did."},
	{"actor_name", ROW_TEXT, true, "The name of that user; null if it is not known any more."},
	{"happened_on", ROW_TIMESTAMP, false, "When it happened."},
	{"changes", ROW_OBJECT, false, "The keys that changed, each with from and to, or added and removed; of a longer text only from."},
	{"names", ROW_OBJECT, false, "The names for ids in changes."}
};

const RowSchema event_schema = {"Event", "What happened, and the names of those whose ids it contains.", lengthof(event_fields), event_fields};

static void
write_event_row(JsonWriter *out, uint64 row)
{
	json_write_open(out, '{');
	row_write_fields(out, &event_schema, row);
	json_write_close(out, '}');
}

/*
 * Reads the events with any of some ids, in any order, for event_schema.  Leaves them in the last
 * result, and returns their number.  Needs an API call in progress.
 */
uint64
event_history_find(const pg_uuid_t *org_id, ArrayType *ids)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), PointerGetDatum(ids)};

	plan_run(&chosen_events_plan, values, NULL, true);
	return SPI_processed;
}

/*
 * Writes one page of the history of a task, which may have been deleted.  filters: NULL for
 * none.  Returns false if neither the task nor an event of it exists; raises 22023.  Needs an
 * API call in progress.
 */
bool
event_history_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id, Jsonb *filters)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(task_id)};
	bool		is_there;

	plan_run(&any_plan, values, NULL, true);
	is_there = SPI_processed > 0 || task_refs_task_exists(&identity->org_id, task_id, true);
	task_timeline_write_list(out, identity, task_id, &history_timeline, filters);
	return is_there;
}
