/*
 * event_write.c
 *		Writes drafts as events.
 *
 * The events of one task have ascending numbers.  Numbers come from the clock, so that they
 * need no sequence and ascend on every machine that a task is moved to; a number that is not
 * above those of the task's earlier events, as after the clock was set back, is replaced by
 * one that is.
 *
 * The id of an event has the time that is its number.  So the last id of an organization tells
 * whether any of its events may have a number above those of a statement, and the earlier
 * events of each task are only looked up if one may.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "event/event_generation.h"
#include "event/event_notify.h"
#include "event/event_write.h"
#include "identity/identity.h"
#include "task/task_fields.h"

/* The keys of the sets of a team. */
static const char *const team_sets[EVENT_SETS] = {"members"};

/*
 * On a cluster, the user for whom another node is about to write its copy of a row here, outside
 * of a call, in an organization.
 */
typedef struct NextActor
{
	pg_uuid_t	org_id;
	pg_uuid_t	user_id;
} NextActor;

/* Those who have been announced and have not written yet, in the memory of the transaction. */
static List *next_actors = NIL;

/* The number of the last event of this backend. */
static int64 last_seq = 0;

/* The columns of the rows to write. */
enum
{
	COLUMN_ORG, COLUMN_ID, COLUMN_SEQ, COLUMN_TYPE, COLUMN_TASK, COLUMN_SUBJECT, COLUMN_VERSION, COLUMN_CHANGES,
	EVENT_COLUMNS
};

static const Oid column_types[EVENT_COLUMNS] = {
	UUIDOID, UUIDOID, INT8OID, TEXTOID, UUIDOID, UUIDOID, INT4OID, JSONBOID
};

#define EVENT_ROWS \
	"pg_catalog.unnest($1) n (org_id pg_catalog.uuid, id pg_catalog.uuid, seq pg_catalog.int8, type pg_catalog.text," \
	" task_id pg_catalog.uuid, subject_id pg_catalog.uuid, version pg_catalog.int4, changes pg_catalog.jsonb)"

/* A call inside a call may have written events of later changes of the same transaction. */
#define OF_OTHERS "e.txid OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()"

/*
 * $1 rows, $2 their organizations, $3 generation, $4 actor, $5 time.  $6: if the organizations
 * have an event of another transaction with this id or a later one, nothing is written; NULL to
 * write in any case.  Nothing is written for an organization that is gone.
 */
static KeptPlan write_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.event AS v (org_id, id, seq, generation, txid, type, task_id, subject_id,"
	" version, actor, happened_on, changes)"
	" SELECT n.org_id, n.id, n.seq, $3, pg_catalog.pg_current_xact_id(), n.type, n.task_id, n.subject_id,"
	" n.version, $4, $5, n.changes"
	" FROM " EVENT_ROWS
	" WHERE n.org_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT o.id FROM taskcrm.organization o"
	" WHERE o.id OPERATOR(pg_catalog.=) ANY ($2)))"
	" AND ($6 IS NULL OR NOT EXISTS (SELECT FROM pg_catalog.unnest($2) g (id), LATERAL (SELECT FROM taskcrm_internal.event e"
	" WHERE e.org_id OPERATOR(pg_catalog.=) g.id AND e.id OPERATOR(pg_catalog.>=) $6 AND " OF_OTHERS
	" ORDER BY e.id DESC LIMIT 1) l))",
	6, RECORDARRAYOID, UUIDARRAYOID, INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID);

/* $1 organizations and $2 tasks: for each the number of its last event of another transaction. */
static KeptPlan earlier_plan = BOOKKEEPING_PLAN(
	"SELECT (SELECT e.seq FROM taskcrm_internal.event e WHERE e.org_id OPERATOR(pg_catalog.=) n.org_id"
	" AND e.task_id OPERATOR(pg_catalog.=) n.task_id AND " OF_OTHERS " ORDER BY e.seq DESC LIMIT 1)"
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY n (org_id, task_id, place)"
	" ORDER BY n.place",
	2, UUIDARRAYOID, UUIDARRAYOID);

/*
 * $1 organizations and $2 ids: finds a row if one is missing after that statement.  Only asked
 * if somebody put a trigger on the table.
 */
static KeptPlan unwritten_plan = BOOKKEEPING_PLAN(
	"SELECT FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) n (org_id, id)"
	" JOIN taskcrm.organization o ON o.id OPERATOR(pg_catalog.=) n.org_id"
	" WHERE NOT EXISTS (SELECT FROM taskcrm_internal.event e"
	" WHERE e.org_id OPERATOR(pg_catalog.=) n.org_id AND e.id OPERATOR(pg_catalog.=) n.id) LIMIT 1",
	2, UUIDARRAYOID, UUIDARRAYOID);

/* Drafts to write, and what is made of them. */
typedef struct EventBatch
{
	EventDraft **drafts;
	int			count;
	pg_uuid_t  *ids;			/* of the events */
	Datum	   *changes;		/* as jsonb */
	Datum	   *orgs;			/* the organizations, each once */
	int			org_count;
	NullableDatum actor;
} EventBatch;

/* --- numbers --- */

/* Returns a number for an event: the time, and later than the one before. */
int64
event_write_next_seq(void)
{
	last_seq = Max(last_seq + 1, GetCurrentTimestamp());
	return last_seq;
}

static void
make_ids(EventBatch *batch)
{
	for (int i = 0; i < batch->count; i++)
		tc_uuid_make_at(batch->drafts[i]->seq, &batch->ids[i]);
}

/* Runs a statement for the organization and the task, or the event, of each draft. */
static void
run_for_each(KeptPlan *plan, const EventBatch *batch, bool is_by_task)
{
	Datum	   *orgs = palloc(sizeof(Datum) * batch->count);
	Datum	   *ids = palloc(sizeof(Datum) * batch->count);
	Datum		values[2];

	for (int i = 0; i < batch->count; i++)
	{
		orgs[i] = UUIDPGetDatum(&batch->drafts[i]->org_id);
		ids[i] = UUIDPGetDatum(is_by_task ? &batch->drafts[i]->task_id : &batch->ids[i]);
	}
	values[0] = PointerGetDatum(tc_uuid_array(orgs, batch->count));
	values[1] = PointerGetDatum(tc_uuid_array(ids, batch->count));
	plan_run(plan, values, NULL, false);
}

/* Gives each draft a number above those of its task's events, in the order of the drafts. */
static void
raise_numbers(EventBatch *batch)
{
	run_for_each(&earlier_plan, batch, true);
	for (int i = 0; i < batch->count; i++)
	{
		bool		isnull;
		Datum		earlier = plan_value((uint64) i, 1, &isnull);

		if (!isnull)
			batch->drafts[i]->seq = Max(batch->drafts[i]->seq, DatumGetInt64(earlier) + i + 1);
		last_seq = Max(last_seq, batch->drafts[i]->seq);
	}
	make_ids(batch);
}

/* --- changes --- */

static void
write_ids(JsonWriter *out, const char *key, const JsonWriter *ids)
{
	if (ids->text.data == NULL)
		return;
	json_write_key(out, key);
	json_write_open(out, '[');
	json_write_members(out, ids);
	json_write_close(out, ']');
}

/* Returns the changes as jsonb.  scratch: for what is needed meanwhile, which is much more. */
static Datum
finish_changes(const EventDraft *draft, MemoryContext scratch)
{
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	JsonWriter	out;
	Datum		changes;

	json_write_begin_stored(&out);
	json_write_open(&out, '{');
	json_write_members(&out, &draft->changes);
	for (int set = 0; set < EVENT_SETS; set++)
	{
		if (draft->added[set].text.data == NULL && draft->removed[set].text.data == NULL)
			continue;
		json_write_key(&out, draft->noun == EVENT_TASK ? task_fields[task_links[set]].key : team_sets[set]);
		json_write_open(&out, '{');
		write_ids(&out, "added", &draft->added[set]);
		write_ids(&out, "removed", &draft->removed[set]);
		json_write_close(&out, '}');
	}
	json_write_close(&out, '}');
	changes = DirectFunctionCall1(jsonb_in, CStringGetDatum(out.text.data + VARHDRSZ));
	MemoryContextSwitchTo(caller);
	changes = datumCopy(changes, false, -1);
	MemoryContextReset(scratch);
	return changes;
}

static void
make_changes(EventBatch *batch)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "changes of an event", ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < batch->count; i++)
		batch->changes[i] = finish_changes(batch->drafts[i], scratch);
	MemoryContextDelete(scratch);
}

/* --- actors --- */

/* Returns the entry of an organization, or NULL. */
static NextActor *
find_next_actor(const pg_uuid_t *org_id)
{
	ListCell   *cell;

	foreach(cell, next_actors)
	{
		NextActor  *next = lfirst(cell);

		if (tc_uuid_compare(&next->org_id, org_id) == 0)
			return next;
	}
	return NULL;
}

/* Returns who has made the changes in an organization that are being recorded. */
static NullableDatum
find_actor(const pg_uuid_t *org_id)
{
	const Identity *identity = identity_current();
	NextActor  *next = identity->has_user ? NULL : find_next_actor(org_id);

	if (next == NULL)
		return (NullableDatum) {UUIDPGetDatum(&identity->user_id), !identity->has_user};
	next_actors = list_delete_ptr(next_actors, next);
	return (NullableDatum) {UUIDPGetDatum(&next->user_id), false};
}

/*
 * Announces the user for whom another node writes next in an organization, in this transaction:
 * the statement that Citus sends does not tell.
 */
void
event_write_set_actor(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	NextActor  *next = find_next_actor(org_id);
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	if (next == NULL)
	{
		next = palloc(sizeof(NextActor));
		next->org_id = *org_id;
		next_actors = lappend(next_actors, next);
	}
	next->user_id = *user_id;
	MemoryContextSwitchTo(caller);
}

/* Forgets those who have been announced.  Called when a transaction ends. */
void
event_write_forget_actors(void)
{
	/* Their memory goes with the transaction. */
	next_actors = NIL;
}

/* --- writing --- */

static void
add_organization(EventBatch *batch, const pg_uuid_t *org_id)
{
	for (int i = batch->org_count - 1; i >= 0; i--)
	{
		if (tc_uuid_compare(DatumGetUUIDP(batch->orgs[i]), org_id) == 0)
			return;
	}
	batch->orgs[batch->org_count++] = UUIDPGetDatum(org_id);
}

static void
begin_batch(EventBatch *batch, EventDraft **drafts, int count)
{
	batch->drafts = drafts;
	batch->count = count;
	batch->ids = palloc(sizeof(pg_uuid_t) * count);
	batch->changes = palloc(sizeof(Datum) * count);
	batch->orgs = palloc(sizeof(Datum) * count);
	batch->org_count = 0;
	for (int i = 0; i < count; i++)
		add_organization(batch, &drafts[i]->org_id);
	/* On a cluster, all are of one organization. */
	batch->actor = find_actor(&drafts[0]->org_id);
	make_ids(batch);
	make_changes(batch);
}

static TupleDesc
row_description(void)
{
	static TupleDesc description = NULL;
	MemoryContext caller;

	if (description != NULL)
		return description;
	caller = MemoryContextSwitchTo(TopMemoryContext);
	description = CreateTemplateTupleDesc(EVENT_COLUMNS);
	for (int column = 0; column < EVENT_COLUMNS; column++)
		TupleDescInitEntry(description, (AttrNumber) (column + 1), NULL, column_types[column], -1, 0);
	BlessTupleDesc(description);
	MemoryContextSwitchTo(caller);
	return description;
}

static Datum
row_of(const EventBatch *batch, int place)
{
	const EventDraft *draft = batch->drafts[place];
	Datum		values[EVENT_COLUMNS];
	bool		nulls[EVENT_COLUMNS] = {false};

	values[COLUMN_ORG] = UUIDPGetDatum(&draft->org_id);
	values[COLUMN_ID] = UUIDPGetDatum(&batch->ids[place]);
	values[COLUMN_SEQ] = Int64GetDatum(draft->seq);
	values[COLUMN_TYPE] = CStringGetTextDatum(event_type_name(draft->noun, draft->verb));
	values[COLUMN_TASK] = UUIDPGetDatum(&draft->task_id);
	nulls[COLUMN_TASK] = !event_type_belongs_to_task(draft->noun);
	values[COLUMN_SUBJECT] = UUIDPGetDatum(&draft->subject_id);
	values[COLUMN_VERSION] = Int32GetDatum(draft->version);
	nulls[COLUMN_VERSION] = draft->version == 0;
	values[COLUMN_CHANGES] = batch->changes[place];
	return HeapTupleGetDatum(heap_form_tuple(row_description(), values, nulls));
}

/* Returns the rows as one array: reading an array for each column would take much longer. */
static Datum
rows_of(const EventBatch *batch)
{
	Datum	   *rows = palloc(sizeof(Datum) * batch->count);

	for (int i = 0; i < batch->count; i++)
		rows[i] = row_of(batch, i);
	return PointerGetDatum(construct_array(rows, batch->count, RECORDOID, -1, false, TYPALIGN_DOUBLE));
}

/* The first id that an event could have whose number is not below all those of the batch. */
static pg_uuid_t
first_later_id(const EventBatch *batch)
{
	pg_uuid_t	first = batch->ids[0];

	for (int i = 1; i < batch->count; i++)
	{
		if (tc_uuid_compare(&batch->ids[i], &first) < 0)
			first = batch->ids[i];
	}
	/* Without the random part. */
	memset(first.data + 8, 0, UUID_LEN - 8);
	return first;
}

/* later: see the statement; NULL to write in any case. */
static void
insert_batch(const EventBatch *batch, const pg_uuid_t *later)
{
	PlanArgs	args = {0};

	plan_arg(&args, rows_of(batch));
	plan_arg(&args, PointerGetDatum(tc_uuid_array(batch->orgs, batch->org_count)));
	plan_arg(&args, Int32GetDatum(event_generation_writing()));
	plan_arg_nullable(&args, batch->actor);
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	plan_arg_nullable(&args, (NullableDatum) {UUIDPGetDatum(later), later == NULL});
	plan_run_args(&write_plan, &args);
}

/*
 * Writes drafts as events, all of one organization on a cluster, as the owner of the tables.
 * Raises 09000.
 */
void
event_write(EventDraft **drafts, int count)
{
	EventBatch	batch;
	pg_uuid_t	later;

	begin_batch(&batch, drafts, count);
	later = first_later_id(&batch);
	/* Under SERIALIZABLE, a look at what others may write would make one of both fail. */
	insert_batch(&batch, IsolationIsSerializable() ? NULL : &later);
	if (SPI_processed == 0 && !IsolationIsSerializable())
	{
		raise_numbers(&batch);
		insert_batch(&batch, NULL);
	}
	if (suppress_is_possible("event"))
	{
		run_for_each(&unwritten_plan, &batch, false);
		if (SPI_processed > 0)
			suppress_raise("event");
	}
	event_notify(batch.orgs, batch.org_count);
}
