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
#include "catalog/pg_enum.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/uuid.h"
#include "db/suppressed_row.h"
#include "db/transition_rows.h"
#include "db/trigger_row.h"
#include "task/open_link.h"
#include "task/open_link_copy.h"
#include "task/task_fields.h"
#include "task/task_link_trigger.h"

PG_FUNCTION_INFO_V1(tc_link_opened);
PG_FUNCTION_INFO_V1(tc_task_opened);

/* A statement that writes more rows than this is followed in several steps. */
#define BATCH 10000

/* The statement in progress that holds copies back; NULL for none. */
static HeldLinks *held_links = NULL;

/* What is done with the links of a batch. */
typedef void (*BatchFunction) (const OpenLinkRows *rows);

/* Copies a uuid of a row in a transition table. */
static Datum
copy_uuid(Relation relation, TupleTableSlot *slot, int column)
{
	pg_uuid_t  *copy = palloc(sizeof(pg_uuid_t));

	*copy = *DatumGetUUIDP(trigger_row_slot_value(relation, slot, column));
	return UUIDPGetDatum(copy);
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
	open_link_copies_add(&links->rows);
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
		place = open_link_rows_add(rows);
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
		follow_links(relation, store, target, others_may_interfere() ? open_link_copies_add_of_tasks : open_link_copies_add);
		return;
	}
	caller = MemoryContextSwitchTo(held_links->context);
	follow_rows(relation, store, target, &held_links->rows, open_link_copies_add);
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
		open_link_copies_remove_kind(kind_of_column(target));
	if (data->tg_oldtable != NULL)
		follow_links(data->tg_relation, data->tg_oldtable, target, open_link_copies_remove);
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
add_task(OpenLinkRows *tasks, Relation relation, TupleTableSlot *slot, const int *columns, BatchFunction follow)
{
	int			place = open_link_rows_add(tasks);

	tasks->orgs[place] = copy_uuid(relation, slot, columns[0]);
	tasks->tasks[place] = copy_uuid(relation, slot, columns[1]);
	if (tasks->count < BATCH)
		return;
	follow(tasks);
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
			add_task(is_open ? &opened : &closed, relation, after, columns, is_open ? open_link_copies_add_of_tasks : open_link_copies_remove_of_tasks);
	}
	if (closed.count > 0)
		open_link_copies_remove_of_tasks(&closed);
	if (opened.count > 0)
		open_link_copies_add_of_tasks(&opened);
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
