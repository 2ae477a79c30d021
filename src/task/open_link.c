/*
 * open_link.c
 *		The links of open tasks, apart from those of the history.
 *
 * Of the tasks that somebody has ever been assigned to, few are open.  A list of the open
 * ones would have to read all links to find them.  Therefore the table open_link has a copy
 * of each link of an open task.  It is small, and the links themselves are never written
 * again.
 *
 * Statement triggers on the link tables add and remove copies; one on task does so when
 * tasks are completed or opened again.  The copies are written after the rows that they
 * depend on are locked: whoever writes a link holds its task.  A statement of the API that
 * writes links of several kinds adds their copies together.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/uuid.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "db/transition_rows.h"
#include "db/trigger_row.h"
#include "task/open_link.h"
#include "task/task_fields.h"
#include "task/task_link_trigger.h"

PG_FUNCTION_INFO_V1(tc_link_opened);
PG_FUNCTION_INFO_V1(tc_task_opened);
PG_FUNCTION_INFO_V1(tc_open_link_kept);

/* A statement that writes more rows than this is followed in several steps. */
#define BATCH 10000

#define IS_OPEN "t.status OPERATOR(pg_catalog.<>) 'Completed'::taskcrm.task_status"

/* Arrays: $1 kinds, $2 organizations, $3 targets, $4 tasks. */
static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.open_link (org_id, kind, target_id, task_id, created_on)"
	" SELECT t.org_id, n.kind, n.target_id, t.id, t.created_on FROM unnest($1, $2, $3, $4) n (kind, org_id, target_id, task_id)"
	" JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) n.org_id AND t.id OPERATOR(pg_catalog.=) n.task_id"
	" WHERE " IS_OPEN " ON CONFLICT DO NOTHING",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

static KeptPlan remove_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.open_link o USING unnest($1, $2, $3, $4) n (kind, org_id, target_id, task_id)"
	" WHERE o.org_id OPERATOR(pg_catalog.=) n.org_id AND o.kind OPERATOR(pg_catalog.=) n.kind"
	" AND o.target_id OPERATOR(pg_catalog.=) n.target_id AND o.task_id OPERATOR(pg_catalog.=) n.task_id",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

/*
 * Whether a copy is missing, or left, after these statements: only asked if somebody put a
 * trigger on the table.
 */
static KeptPlan missing_plan = BOOKKEEPING_PLAN(
	"SELECT FROM unnest($1, $2, $3, $4) n (kind, org_id, target_id, task_id)"
	" JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) n.org_id AND t.id OPERATOR(pg_catalog.=) n.task_id"
	" WHERE " IS_OPEN " AND NOT EXISTS (SELECT FROM taskcrm_internal.open_link o WHERE o.org_id OPERATOR(pg_catalog.=) n.org_id"
	" AND o.kind OPERATOR(pg_catalog.=) n.kind AND o.target_id OPERATOR(pg_catalog.=) n.target_id"
	" AND o.task_id OPERATOR(pg_catalog.=) n.task_id) LIMIT 1",
	4, INT4ARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

static KeptPlan left_plan = BOOKKEEPING_PLAN(
	"SELECT FROM unnest($1, $2, $3, $4) n (kind, org_id, target_id, task_id)"
	" JOIN taskcrm_internal.open_link o ON o.org_id OPERATOR(pg_catalog.=) n.org_id AND o.kind OPERATOR(pg_catalog.=) n.kind"
	" AND o.target_id OPERATOR(pg_catalog.=) n.target_id AND o.task_id OPERATOR(pg_catalog.=) n.task_id LIMIT 1",
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

/* The statement in progress that holds copies back; NULL for none. */
static HeldLinks *held_links = NULL;

/* What is done with the links of a batch. */
typedef void (*BatchFunction) (const OpenLinkRows *rows);

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
	appendStringInfoString(sql, ") x WHERE o.org_id OPERATOR(pg_catalog.=) x.org_id AND o.kind OPERATOR(pg_catalog.=) x.kind"
						   " AND o.target_id OPERATOR(pg_catalog.=) x.target_id AND o.task_id OPERATOR(pg_catalog.=) x.task_id");
}

/* The condition that x, a link, has the copy o. */
#define IS_COPY_OF_X \
	"o.org_id OPERATOR(pg_catalog.=) x.org_id AND o.kind OPERATOR(pg_catalog.=) x.kind" \
	" AND o.target_id OPERATOR(pg_catalog.=) x.target_id AND o.task_id OPERATOR(pg_catalog.=) x.task_id"

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

static void
add_links(const OpenLinkRows *rows)
{
	run_on_links(&add_plan, rows);
}

/* The same for those links only that are there. */
static void
add_links_of_tasks(const OpenLinkRows *rows)
{
	run_on_tasks(&open_plan, rows);
}

static void
remove_links(const OpenLinkRows *rows)
{
	run_on_links(&remove_plan, rows);
}

/* Copies a uuid of a row in a transition table. */
static Datum
copy_uuid(Relation relation, TupleTableSlot *slot, int column)
{
	pg_uuid_t  *copy = palloc(sizeof(pg_uuid_t));

	*copy = *DatumGetUUIDP(trigger_row_slot_value(relation, slot, column));
	return UUIDPGetDatum(copy);
}

/* Adds a row; its columns are set by the caller.  Returns its place. */
static int
add_row(OpenLinkRows *rows)
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

/* Returns the kind of the links in a column. */
static int
kind_of_column(const char *column)
{
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		if (strcmp(task_fields[task_links[kind]].link_column, column) == 0)
			return kind;
	}
	elog(ERROR, "column \"%s\" refers to no links", column);
	return -1;					/* keep the compiler quiet */
}

/* Whether triggers that somebody put on tasks and links may write links, too. */
static bool
others_may_interfere(void)
{
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		if (suppress_may_interfere(task_fields[task_links[kind]].link_table))
			return true;
	}
	return suppress_may_interfere("task");
}

/*
 * Begins a statement that writes tasks and links.  The copies that the triggers add are
 * written by open_link_release(), together, unless something else may run in between.  After
 * an error in the statement, open_link_drop() must be called instead.  links: need not be
 * initialized.
 */
void
open_link_hold(HeldLinks *links)
{
	memset(links, 0, sizeof(*links));
	links->outer = held_links;
	links->context = CurrentMemoryContext;
	links->is_off = others_may_interfere();
	held_links = links;
}

static void
write_links(HeldLinks *links)
{
	if (links == NULL || links->rows.count == 0)
		return;
	add_links(&links->rows);
	links->rows.count = 0;
}

/* Ends the statement, and writes the copies. */
void
open_link_release(HeldLinks *links)
{
	/* First, because the variable ends with its function if this raises an error. */
	held_links = links->outer;
	write_links(links);
}

/* Ends the statement after an error, which has undone the links. */
void
open_link_drop(HeldLinks *links)
{
	held_links = links->outer;
}

/*
 * Does something with the links in a transition table, in batches.  target: the column with
 * what is linked.  rows: where they are collected.  Passes over those of an organization that
 * is being deleted, whose copies are deleted together.
 */
static void
follow_rows(Relation relation, Tuplestorestate *store, const char *target, OpenLinkRows *rows, BatchFunction follow)
{
	int			org_id = trigger_row_column(relation, "org_id", UUIDOID);
	int			task_id = trigger_row_column(relation, "task_id", UUIDOID);
	int			target_id = trigger_row_column(relation, target, UUIDOID);
	int			kind = kind_of_column(target);
	TransitionRows transition;
	TupleTableSlot *slot;

	transition_rows_begin(&transition, relation, store);
	while ((slot = transition_rows_next(&transition)) != NULL)
	{
		int			place;

		if (link_trigger_is_going(DatumGetUUIDP(trigger_row_slot_value(relation, slot, org_id))))
			continue;
		place = add_row(rows);
		rows->kinds[place] = Int32GetDatum(kind);
		rows->orgs[place] = copy_uuid(relation, slot, org_id);
		rows->targets[place] = copy_uuid(relation, slot, target_id);
		rows->tasks[place] = copy_uuid(relation, slot, task_id);
		if (rows->count < BATCH)
			continue;
		follow(rows);
		rows->count = 0;
	}
	transition_rows_end(&transition);
}

/* The same for all of them, at once. */
static void
follow_links(Relation relation, Tuplestorestate *store, const char *target, BatchFunction follow)
{
	OpenLinkRows rows = {0};

	follow_rows(relation, store, target, &rows, follow);
	if (rows.count > 0)
		follow(&rows);
}

/*
 * Adds the copies of new links, or holds them back.  A trigger that fired before may have
 * deleted the links again.
 */
static void
follow_new_links(Relation relation, Tuplestorestate *store, const char *target)
{
	MemoryContext caller;

	if (held_links == NULL || held_links->is_off)
	{
		follow_links(relation, store, target, others_may_interfere() ? add_links_of_tasks : add_links);
		return;
	}
	caller = MemoryContextSwitchTo(held_links->context);
	follow_rows(relation, store, target, &held_links->rows, add_links);
	MemoryContextSwitchTo(caller);
}

/*
 * link_opened(target) returns trigger
 *
 * Fires after each statement that inserts, updates, deletes (with transition tables) or
 * truncates links.  target: the column that refers to the linked row.
 */
Datum
tc_link_opened(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	const char *target;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) ||
		data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after a statement, with one argument",
						"link_opened")));

	target = data->tg_trigger->tgargs[0];
	if (!TRIGGER_FIRED_BY_INSERT(data->tg_event))
		write_links(held_links);
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
	{
		Datum		value = Int32GetDatum(kind_of_column(target));

		run_on_copies(&empty_plan, &value, false, NULL);
	}
	if (data->tg_oldtable != NULL)
		follow_links(data->tg_relation, data->tg_oldtable, target, remove_links);
	if (data->tg_newtable != NULL)
		follow_new_links(data->tg_relation, data->tg_newtable, target);
	return PointerGetDatum(NULL);
}

/* The label of a completed task in the column of a table. */
static Oid
completed_label(Relation relation, int status)
{
	return GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid,
						   ObjectIdGetDatum(SPI_gettypeid(RelationGetDescr(relation), status)), CStringGetDatum("Completed"));
}

/* Adds the task of a row, and follows the tasks when there are enough. */
static void
add_task(OpenLinkRows *tasks, Relation relation, TupleTableSlot *slot, const int *columns, KeptPlan *plan)
{
	int			place = add_row(tasks);

	tasks->orgs[place] = copy_uuid(relation, slot, columns[0]);
	tasks->tasks[place] = copy_uuid(relation, slot, columns[1]);
	if (tasks->count < BATCH)
		return;
	run_on_tasks(plan, tasks);
	tasks->count = 0;
}

/* Follows the tasks of an UPDATE. */
static void
follow_tasks(const TriggerData *data)
{
	Relation	relation = data->tg_relation;
	int			columns[2] = {trigger_row_column(relation, "org_id", UUIDOID), trigger_row_column(relation, "id", UUIDOID)};
	int			status = trigger_row_column(relation, "status", InvalidOid);
	Oid			completed = completed_label(relation, status);
	TransitionRows old_rows;
	TransitionRows new_rows;
	TupleTableSlot *before;
	TupleTableSlot *after;
	OpenLinkRows opened = {0};
	OpenLinkRows closed = {0};

	transition_rows_begin(&old_rows, relation, data->tg_oldtable);
	transition_rows_begin(&new_rows, relation, data->tg_newtable);
	while ((before = transition_rows_next(&old_rows)) != NULL && (after = transition_rows_next(&new_rows)) != NULL)
	{
		bool		was_open = DatumGetObjectId(trigger_row_slot_value(relation, before, status)) != completed;
		bool		is_open = DatumGetObjectId(trigger_row_slot_value(relation, after, status)) != completed;

		if (was_open != is_open)
			add_task(is_open ? &opened : &closed, relation, after, columns, is_open ? &open_plan : &close_plan);
	}
	if (closed.count > 0)
		run_on_tasks(&close_plan, &closed);
	if (opened.count > 0)
		run_on_tasks(&open_plan, &opened);
	transition_rows_end(&old_rows);
	transition_rows_end(&new_rows);
}

/*
 * task_opened() returns trigger
 *
 * Fires after each statement that updates tasks, with transition tables.
 */
Datum
tc_task_opened(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(data->tg_event) || data->tg_oldtable == NULL || data->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after UPDATE, with transition tables",
						"task_opened")));
	write_links(held_links);
	follow_tasks(data);
	return PointerGetDatum(NULL);
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
