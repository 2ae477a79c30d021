/*
 * event_history.c
 *		The history of a task: its events, newest first, with names.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "event/event_history.h"
#include "task/event_row.h"
#include "task/task_refs.h"
#include "task/task_timeline.h"

/* The columns of an object, and then its number. */
#define HISTORY_COLUMNS "SELECT " EVENT_ROW_COLUMNS("e") ", e.seq"

#define EVENTS(condition) \
	HISTORY_COLUMNS \
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
	HISTORY_COLUMNS " FROM taskcrm_internal.event e LEFT JOIN taskcrm.app_user u ON u.id = e.actor"
	" WHERE e.org_id = $1 AND e.id = ANY ($2)",
	2, UUIDOID, UUIDARRAYOID);

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
