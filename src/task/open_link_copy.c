/*
 * open_link_copy.c
 *		The rows of open_link: the statements that add and remove copies of links.
 *
 * If a trigger that somebody put on open_link has suppressed a row, these functions raise
 * 09000.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"

#include "base/uuid.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "db/trigger_row.h"
#include "task/open_link_copy.h"
#include "task/task_fields.h"

PG_FUNCTION_INFO_V1(tc_open_link_kept);

#define IS_OPEN "t.status OPERATOR(pg_catalog.<>) 'Completed'::taskcrm.task_status"

/* The condition that x, a link, has the copy o. */
#define IS_COPY_OF_X \
	"o.org_id OPERATOR(pg_catalog.=) x.org_id AND o.kind OPERATOR(pg_catalog.=) x.kind" \
	" AND o.target_id OPERATOR(pg_catalog.=) x.target_id AND o.task_id OPERATOR(pg_catalog.=) x.task_id"

/* Arrays: $1 kinds, $2 organizations, $3 targets, $4 tasks. */
static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.open_link (org_id, kind, target_id, task_id, created_on)"
	" SELECT t.org_id, x.kind, x.target_id, t.id, t.created_on FROM unnest($1, $2, $3, $4) x (kind, org_id, target_id, task_id)"
	" JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) x.org_id AND t.id OPERATOR(pg_catalog.=) x.task_id"
	" WHERE " IS_OPEN " ON CONFLICT DO NOTHING",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

static KeptPlan remove_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.open_link o USING unnest($1, $2, $3, $4) x (kind, org_id, target_id, task_id)"
	" WHERE " IS_COPY_OF_X,
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

/*
 * Whether a copy is missing, or left, after these statements: only asked if somebody put a
 * trigger on the table.
 */
static KeptPlan missing_plan = BOOKKEEPING_PLAN(
	"SELECT FROM unnest($1, $2, $3, $4) x (kind, org_id, target_id, task_id)"
	" JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) x.org_id AND t.id OPERATOR(pg_catalog.=) x.task_id"
	" WHERE " IS_OPEN " AND NOT EXISTS (SELECT FROM taskcrm_internal.open_link o WHERE " IS_COPY_OF_X ") LIMIT 1",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

static KeptPlan left_plan = BOOKKEEPING_PLAN(
	"SELECT FROM unnest($1, $2, $3, $4) x (kind, org_id, target_id, task_id)"
	" JOIN taskcrm_internal.open_link o ON " IS_COPY_OF_X " LIMIT 1",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

/* $1 kind. */
static KeptPlan empty_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.open_link o WHERE o.kind OPERATOR(pg_catalog.=) $1",
	1, INT4OID);

static void build_open(KeptPlan *plan, StringInfo sql);
static void build_close(KeptPlan *plan, StringInfo sql);

static KeptPlan open_plan = {.mode = OWNER_BOOKKEEPING, .build = build_open};
static KeptPlan close_plan = {.mode = OWNER_BOOKKEEPING, .build = build_close};

/* As above, for all links of tasks. */
static void build_missing_of_tasks(KeptPlan *plan, StringInfo sql);
static void build_left_of_tasks(KeptPlan *plan, StringInfo sql);

static KeptPlan missing_of_tasks_plan = {.mode = OWNER_BOOKKEEPING, .build = build_missing_of_tasks};
static KeptPlan left_of_tasks_plan = {.mode = OWNER_BOOKKEEPING, .build = build_left_of_tasks};

/* The key of one row of open_link. */
static KeptPlan exists_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.open_link o WHERE o.org_id OPERATOR(pg_catalog.=) $1 AND o.kind OPERATOR(pg_catalog.=) $2"
	" AND o.target_id OPERATOR(pg_catalog.=) $3 AND o.task_id OPERATOR(pg_catalog.=) $4",
	4, UUIDOID, INT4OID, UUIDOID, UUIDOID);

/* True while this file inserts rows of open_link. */
static bool is_adding = false;

/* Appends all links of the tasks that the arrays $1, organizations, and $2, tasks, name. */
static void
append_links_of_tasks(KeptPlan *plan, StringInfo sql)
{
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		const TaskField *field = &task_fields[task_links[kind]];

		appendStringInfo(sql, "%sSELECT l.org_id, %d AS kind, l.%s AS target_id, l.task_id FROM unnest($1, $2) n (org_id, task_id)"
						 " JOIN taskcrm.%s l ON l.org_id OPERATOR(pg_catalog.=) n.org_id"
						 " AND l.task_id OPERATOR(pg_catalog.=) n.task_id",
						 kind == 0 ? "" : " UNION ALL ", kind, field->link_column, field->link_table);
	}
	plan->nargs = 2;
	plan->argtypes[0] = UUIDARRAYOID;
	plan->argtypes[1] = UUIDARRAYOID;
}

static void
build_open(KeptPlan *plan, StringInfo sql)
{
	appendStringInfoString(sql, "INSERT INTO taskcrm_internal.open_link (org_id, kind, target_id, task_id, created_on)"
						   " SELECT x.org_id, x.kind, x.target_id, x.task_id, t.created_on FROM (");
	append_links_of_tasks(plan, sql);
	appendStringInfoString(sql, ") x JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) x.org_id"
						   " AND t.id OPERATOR(pg_catalog.=) x.task_id WHERE " IS_OPEN " ON CONFLICT DO NOTHING");
}

static void
build_close(KeptPlan *plan, StringInfo sql)
{
	appendStringInfoString(sql, "DELETE FROM taskcrm_internal.open_link o USING (");
	append_links_of_tasks(plan, sql);
	appendStringInfoString(sql, ") x WHERE " IS_COPY_OF_X);
}

static void
build_missing_of_tasks(KeptPlan *plan, StringInfo sql)
{
	appendStringInfoString(sql, "SELECT FROM (");
	append_links_of_tasks(plan, sql);
	appendStringInfoString(sql, ") x JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) x.org_id"
						   " AND t.id OPERATOR(pg_catalog.=) x.task_id WHERE " IS_OPEN
						   " AND NOT EXISTS (SELECT FROM taskcrm_internal.open_link o WHERE " IS_COPY_OF_X ") LIMIT 1");
}

static void
build_left_of_tasks(KeptPlan *plan, StringInfo sql)
{
	appendStringInfoString(sql, "SELECT FROM (");
	append_links_of_tasks(plan, sql);
	appendStringInfoString(sql, ") x JOIN taskcrm_internal.open_link o ON " IS_COPY_OF_X " LIMIT 1");
}

/*
 * Runs a statement as the owner.  adds: it inserts rows of open_link; wrong: finds a row if a
 * trigger has suppressed one, or NULL.  Raises 09000 if so.
 */
static void
run_on_copies(KeptPlan *plan, const Datum *values, bool adds, KeptPlan *wrong)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	is_adding = adds;
	PG_TRY();
	{
		plan_run(plan, values, NULL, false);
	}
	PG_FINALLY();
	{
		is_adding = false;
	}
	PG_END_TRY();
	if (wrong != NULL && suppress_is_possible("open_link") && plan_finds(wrong, values))
		suppress_raise("open_link");
	SPI_finish();
	owner_leave(&saved);
}

static Datum
array_of(const Datum *uuids, int count)
{
	return PointerGetDatum(tc_uuid_array(unconstify(Datum *, uuids), count));
}

static void
run_on_links(KeptPlan *plan, const OpenLinkRows *rows)
{
	Datum		values[4] = {
		PointerGetDatum(construct_array(rows->kinds, rows->count, INT4OID, sizeof(int32), true, TYPALIGN_INT)),
		array_of(rows->orgs, rows->count), array_of(rows->targets, rows->count), array_of(rows->tasks, rows->count)
	};

	run_on_copies(plan, values, plan == &add_plan, plan == &add_plan ? &missing_plan : &left_plan);
}

static void
run_on_tasks(KeptPlan *plan, const OpenLinkRows *rows)
{
	Datum		values[2] = {array_of(rows->orgs, rows->count), array_of(rows->tasks, rows->count)};

	run_on_copies(plan, values, plan == &open_plan, plan == &open_plan ? &missing_of_tasks_plan : &left_of_tasks_plan);
}

/* Adds the copies of links whose tasks are open.  rows: all columns. */
void
open_link_copies_add(const OpenLinkRows *rows)
{
	run_on_links(&add_plan, rows);
}

/* The same for all links of tasks.  rows: only orgs and tasks. */
void
open_link_copies_add_of_tasks(const OpenLinkRows *rows)
{
	run_on_tasks(&open_plan, rows);
}

/* Removes the copies of links.  rows: all columns. */
void
open_link_copies_remove(const OpenLinkRows *rows)
{
	run_on_links(&remove_plan, rows);
}

/* Removes the copies of all links of tasks.  rows: only orgs and tasks. */
void
open_link_copies_remove_of_tasks(const OpenLinkRows *rows)
{
	run_on_tasks(&close_plan, rows);
}

/* Removes all copies of links of a kind, an index into task_links. */
void
open_link_copies_remove_kind(int kind)
{
	Datum		value = Int32GetDatum(kind);

	run_on_copies(&empty_plan, &value, false, NULL);
}

/* Adds a row, in the current memory context; its columns are set by the caller.  Returns its place. */
int
open_link_rows_add(OpenLinkRows *rows)
{
	if (rows->size == 0)
	{
		rows->size = 8;
		rows->kinds = palloc(sizeof(Datum) * rows->size);
		rows->orgs = palloc(sizeof(Datum) * rows->size);
		rows->targets = palloc(sizeof(Datum) * rows->size);
		rows->tasks = palloc(sizeof(Datum) * rows->size);
	}
	else if (rows->count == rows->size)
	{
		rows->size *= 2;
		rows->kinds = repalloc(rows->kinds, sizeof(Datum) * rows->size);
		rows->orgs = repalloc(rows->orgs, sizeof(Datum) * rows->size);
		rows->targets = repalloc(rows->targets, sizeof(Datum) * rows->size);
		rows->tasks = repalloc(rows->tasks, sizeof(Datum) * rows->size);
	}
	return rows->count++;
}

/*
 * open_link_kept() returns trigger
 *
 * Fires before INSERT of each row of open_link.  Passes over a row that is there: a dump
 * loads links before or after their copies, and triggers may be enabled.
 */
Datum
tc_open_link_kept(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Datum		key[4];
	OwnerSwitch saved;
	bool		is_there;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger before INSERT for each row",
						"open_link_kept")));

	if (is_adding)
		return PointerGetDatum(data->tg_trigtuple);
	key[0] = trigger_row_value(data->tg_relation, data->tg_trigtuple, "org_id", UUIDOID);
	key[1] = trigger_row_value(data->tg_relation, data->tg_trigtuple, "kind", INT4OID);
	key[2] = trigger_row_value(data->tg_relation, data->tg_trigtuple, "target_id", UUIDOID);
	key[3] = trigger_row_value(data->tg_relation, data->tg_trigtuple, "task_id", UUIDOID);
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	is_there = plan_finds(&exists_plan, key);
	SPI_finish();
	owner_leave(&saved);
	return PointerGetDatum(is_there ? NULL : data->tg_trigtuple);
}
