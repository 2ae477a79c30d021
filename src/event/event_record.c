/*
 * event_record.c
 *		The record of what happened: collects changes and writes them as events.
 *
 * The triggers on the tables (event_trigger.c) draft an event for each row that changes;
 * the links of a task, and the members of a team, are part of the event of that task or
 * team.  A statement of a client or of an administrator writes its events when it ends.
 * An API call collects those of all its statements and writes them when it ends, so that
 * a call makes one event for each row.
 *
 * The events of one task have ascending numbers: a draft takes its number while its
 * transaction holds the lock on the task's row.  Numbers come from the clock, so that
 * they need no sequence and ascend on every machine that a task is moved to; a number
 * that is not above those of the task's earlier events, as after the clock was set back,
 * is replaced by one that is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "event/event_generation.h"
#include "event/event_notify.h"
#include "event/event_record.h"
#include "identity/identity.h"
#include "task/task_fields.h"

/*
 * A statement with more drafts than this writes them before it ends, and a call with more than
 * that: its tasks and their links are different statements, so that no usual call may.
 */
#define MAX_DRAFTS_OF_STATEMENT 1000
#define MAX_DRAFTS_OF_CALL 20000

/* The keys of the sets of a team. */
static const char *const team_sets[EVENT_SETS] = {"members"};

/* What a draft is about; compared byte by byte. */
typedef struct DraftKey
{
	uint32		noun;
	pg_uuid_t	org_id;
	pg_uuid_t	subject_id;
} DraftKey;

typedef struct DraftEntry
{
	DraftKey	key;
	EventDraft *draft;			/* the last one */
	/* For the hash table's entry, and named by simplehash.h. */
	/* cppcheck-suppress unusedStructMember */
	char		status;
} DraftEntry;

#define SH_PREFIX drafts
#define SH_ELEMENT_TYPE DraftEntry
#define SH_KEY_TYPE DraftKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) &(key), sizeof(DraftKey))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), sizeof(DraftKey)) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/*
 * The drafts of a statement or a call, and of calls inside it.  A call in a subtransaction
 * of its own has a scope of its own, whose events go with it.
 */
typedef struct EventScope
{
	struct EventScope *outer;
	SubTransactionId subid;
	int			depth;
	MemoryContext context;
	List	   *drafts;
	drafts_hash *by_key;		/* NULL if there is no draft */
} EventScope;

static EventScope *scope = NULL;

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

/*
 * $1 organizations, $2 ids, $3 numbers, $4 types, $5 tasks, $6 subjects, $7 versions,
 * $8 changes, $9 generation, $10 actor, $11 time, $12 whether earlier events are looked at.
 * Nothing is written for an organization that is gone.  Returns the numbers.
 */
static KeptPlan write_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.event AS v (org_id, id, seq, generation, txid, type, task_id, subject_id,"
	" version, actor, happened_on, changes)"
	" SELECT n.org_id, n.id, GREATEST(n.seq, CASE WHEN $12 THEN n.place OPERATOR(pg_catalog.+)"
	" (SELECT e.seq FROM taskcrm_internal.event e WHERE e.org_id OPERATOR(pg_catalog.=) n.org_id AND e.task_id OPERATOR(pg_catalog.=) n.task_id"
	" AND e.txid OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id() ORDER BY e.seq DESC LIMIT 1) END),"
	" $9, pg_catalog.pg_current_xact_id(), n.type, n.task_id, n.subject_id, n.version, $10, $11, n.changes"
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
	" pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8))"
	" WITH ORDINALITY n (org_id, id, seq, type, task_id, subject_id, version, changes, place)"
	" WHERE n.org_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT o.id FROM taskcrm.organization o"
	" WHERE o.id OPERATOR(pg_catalog.=) ANY ($1)))"
	" RETURNING v.seq",
	12, UUIDARRAYOID, UUIDARRAYOID, INT8ARRAYOID, TEXTARRAYOID, UUIDARRAYOID, UUIDARRAYOID, INT4ARRAYOID,
	JSONBARRAYOID, INT4OID, UUIDOID, TIMESTAMPTZOID, BOOLOID);

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

/* $1 organizations and $2 ids: for each whether it exists, and the version of a task. */
static KeptPlan tasks_plan = BOOKKEEPING_PLAN(
	"SELECT t.id IS NOT NULL, t.version FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY"
	" n (org_id, id, place)"
	" LEFT JOIN taskcrm.task t ON t.org_id OPERATOR(pg_catalog.=) n.org_id AND t.id OPERATOR(pg_catalog.=) n.id"
	" ORDER BY n.place",
	2, UUIDARRAYOID, UUIDARRAYOID);

static KeptPlan forget_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.event e WHERE e.org_id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

static KeptPlan teams_plan = BOOKKEEPING_PLAN(
	"SELECT t.id IS NOT NULL FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY"
	" n (org_id, id, place)"
	" LEFT JOIN taskcrm.team t ON t.org_id OPERATOR(pg_catalog.=) n.org_id AND t.id OPERATOR(pg_catalog.=) n.id"
	" ORDER BY n.place",
	2, UUIDARRAYOID, UUIDARRAYOID);

static void
record_transaction_event(XactEvent event, void *arg)
{
	/* Their memory goes with the transaction. */
	scope = NULL;
	next_actors = NIL;
}

static void
drop_scope(void)
{
	EventScope *dropped = scope;

	scope = dropped->outer;
	if (dropped->context != NULL)
		MemoryContextDelete(dropped->context);
	pfree(dropped);
}

static void
record_subtransaction_event(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	while (event == SUBXACT_EVENT_ABORT_SUB && scope != NULL && scope->subid >= subid)
		drop_scope();
}

/* Called by _PG_init(). */
void
event_record_init(void)
{
	RegisterXactCallback(record_transaction_event, NULL);
	RegisterSubXactCallback(record_subtransaction_event, NULL);
}

/* --- drafting --- */

/* Returns the memory of the drafts of the current scope. */
static MemoryContext
draft_context(void)
{
	if (scope->context == NULL)
		scope->context = AllocSetContextCreate(TopTransactionContext, "taskcrm events", ALLOCSET_DEFAULT_SIZES);
	return scope->context;
}

static EventDraft *
new_draft(EventNoun noun, const pg_uuid_t *org_id, const pg_uuid_t *subject_id)
{
	EventDraft *draft = palloc0(sizeof(EventDraft));
	TimestampTz now = GetCurrentTimestamp();

	last_seq = Max(last_seq + 1, now);
	draft->noun = noun;
	draft->verb = EVENT_UPDATED;
	draft->org_id = *org_id;
	draft->subject_id = *subject_id;
	draft->task_id = *subject_id;
	draft->seq = last_seq;
	json_write_begin_stored(&draft->changes);
	scope->drafts = lappend(scope->drafts, draft);
	return draft;
}

/* Returns the draft for a row in the current scope; see event_draft(). */
static EventDraft *
find_draft(EventNoun noun, const pg_uuid_t *org_id, const pg_uuid_t *subject_id, bool is_row)
{
	DraftKey	key = {.noun = (uint32) noun, .org_id = *org_id, .subject_id = *subject_id};
	DraftEntry *entry;
	bool		found;

	if (scope->by_key == NULL)
		scope->by_key = drafts_create(CurrentMemoryContext, 16, NULL);
	entry = drafts_insert(scope->by_key, key, &found);
	if (!found || (is_row && entry->draft->has_row))
		entry->draft = new_draft(noun, org_id, subject_id);
	entry->draft->has_row |= is_row;
	return entry->draft;
}

/*
 * Returns the draft for a change of a row, or of a set that belongs to it: a new one if
 * there is none, or if the last one has a change of this row already.  is_row: the row itself
 * changes.  Needs a scope.  The caller fills it in.
 */
EventDraft *
event_draft(EventNoun noun, const pg_uuid_t *org_id, const pg_uuid_t *subject_id, bool is_row)
{
	MemoryContext caller = MemoryContextSwitchTo(draft_context());
	EventDraft *draft = find_draft(noun, org_id, subject_id, is_row);

	MemoryContextSwitchTo(caller);
	return draft;
}

/* Adds an id that a set has got or lost.  set: its place among those of the noun. */
void
event_draft_set(EventDraft *draft, int set, const pg_uuid_t *id, bool is_removal)
{
	MemoryContext caller = MemoryContextSwitchTo(draft_context());
	JsonWriter *ids = is_removal ? &draft->removed[set] : &draft->added[set];

	if (ids->text.data == NULL)
		json_write_begin_stored(ids);
	json_write_uuid(ids, id);
	MemoryContextSwitchTo(caller);
}

/* --- which drafts become events --- */

static bool
is_dropped(const EventDraft *draft)
{
	return draft->noun == EVENT_NOUNS;
}

static void
drop_draft(EventDraft *draft)
{
	draft->noun = EVENT_NOUNS;
}

/*
 * Whether it depends on its task or team if the draft becomes an event: what is deleted with a
 * task is told by the task's event.
 */
static bool
depends_on(const EventDraft *draft, EventNoun noun)
{
	if (noun == EVENT_TEAM || draft->noun == EVENT_TASK)
		return draft->noun == noun && !draft->has_row;
	return !is_dropped(draft) && event_type_belongs_to_task(draft->noun) && draft->verb == EVENT_DELETED;
}

/* Drops those whose task or team is gone, and sets the versions of tasks. */
static void
keep_existing(EventDraft **drafts, int count, KeptPlan *plan)
{
	Datum	   *orgs = palloc(sizeof(Datum) * count);
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum		values[2];
	bool		isnull;

	for (int i = 0; i < count; i++)
	{
		orgs[i] = UUIDPGetDatum(&drafts[i]->org_id);
		ids[i] = UUIDPGetDatum(&drafts[i]->task_id);
	}
	values[0] = PointerGetDatum(tc_uuid_array(orgs, count));
	values[1] = PointerGetDatum(tc_uuid_array(ids, count));
	plan_run(plan, values, NULL, false);
	for (int i = 0; i < count; i++)
	{
		if (!DatumGetBool(plan_value((uint64) i, 1, &isnull)))
			drop_draft(drafts[i]);
		else if (drafts[i]->noun == EVENT_TASK)
			drafts[i]->version = DatumGetInt32(plan_value((uint64) i, 2, &isnull));
	}
}

/* The same for all drafts that depend on a task or a team. */
static void
keep_dependent(List *drafts, EventNoun noun, KeptPlan *plan)
{
	EventDraft **dependent = palloc(sizeof(EventDraft *) * list_length(drafts));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, drafts)
	{
		EventDraft *draft = lfirst(cell);

		if (depends_on(draft, noun))
			dependent[count++] = draft;
	}
	if (count > 0)
		keep_existing(dependent, count, plan);
}

/* An update that changes no column that is recorded, and no set, is no event. */
static bool
is_empty_draft(const EventDraft *draft)
{
	bool		has_set = false;

	for (int set = 0; set < EVENT_SETS; set++)
		has_set |= draft->added[set].text.data != NULL || draft->removed[set].text.data != NULL;
	return draft->verb == EVENT_UPDATED && !draft->changes.comma && !has_set;
}

/* --- writing --- */

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
	changes = DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json_write_end(&out))));
	MemoryContextSwitchTo(caller);
	changes = datumCopy(changes, false, -1);
	MemoryContextReset(scratch);
	return changes;
}

/* The columns of the events to write. */
enum
{
	COLUMN_ORG, COLUMN_ID, COLUMN_SEQ, COLUMN_TYPE, COLUMN_TASK, COLUMN_SUBJECT, COLUMN_VERSION, COLUMN_CHANGES,
	EVENT_COLUMNS
};

typedef struct EventRows
{
	int			count;
	Datum	   *values[EVENT_COLUMNS];
	bool	   *nulls[EVENT_COLUMNS];
} EventRows;

static void
add_row(EventRows *rows, EventDraft *draft, MemoryContext scratch)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	int			row = rows->count++;

	tc_uuid_make(id);
	rows->values[COLUMN_ORG][row] = UUIDPGetDatum(&draft->org_id);
	rows->values[COLUMN_ID][row] = UUIDPGetDatum(id);
	rows->values[COLUMN_SEQ][row] = Int64GetDatum(draft->seq);
	rows->values[COLUMN_TYPE][row] = CStringGetTextDatum(event_type_name(draft->noun, draft->verb));
	rows->values[COLUMN_TASK][row] = UUIDPGetDatum(&draft->task_id);
	rows->nulls[COLUMN_TASK][row] = !event_type_belongs_to_task(draft->noun);
	rows->values[COLUMN_SUBJECT][row] = UUIDPGetDatum(&draft->subject_id);
	rows->values[COLUMN_VERSION][row] = Int32GetDatum(draft->version);
	rows->nulls[COLUMN_VERSION][row] = draft->version == 0;
	rows->values[COLUMN_CHANGES][row] = finish_changes(draft, scratch);
}

static Datum
array_of(const EventRows *rows, int column, Oid array_type)
{
	Oid			type = get_element_type(array_type);
	int			count = rows->count;
	int			lower_bound = 1;
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(rows->values[column], rows->nulls[column], 1, &count, &lower_bound,
											  type, length, by_value, alignment));
}

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

static void
insert_events(const EventRows *rows)
{
	PlanArgs	args = {0};
	bool		isnull;

	for (int column = 0; column < EVENT_COLUMNS; column++)
		plan_arg(&args, array_of(rows, column, write_plan.argtypes[column]));
	plan_arg(&args, Int32GetDatum(event_generation_writing()));
	/* On a cluster, all are of one organization. */
	plan_arg_nullable(&args, find_actor(DatumGetUUIDP(rows->values[COLUMN_ORG][0])));
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	/* Under SERIALIZABLE, a look at what others may write would make one of both fail. */
	plan_arg(&args, BoolGetDatum(!IsolationIsSerializable()));
	plan_run_args(&write_plan, &args);
	for (uint64 row = 0; row < SPI_processed; row++)
		last_seq = Max(last_seq, DatumGetInt64(plan_value(row, 1, &isnull)));
	/* The organizations and the ids are the first two arguments. */
	if (suppress_is_possible("event") && plan_finds(&unwritten_plan, args.values))
		suppress_raise("event");
	event_notify(rows->values[COLUMN_ORG], rows->count);
}

/* Writes the drafts that become events. */
static void
write_drafts(List *drafts)
{
	int			count = list_length(drafts);
	EventRows	rows = {0};
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "changes of an event", ALLOCSET_DEFAULT_SIZES);
	ListCell   *cell;

	keep_dependent(drafts, EVENT_TASK, &tasks_plan);
	keep_dependent(drafts, EVENT_TEAM, &teams_plan);
	for (int column = 0; column < EVENT_COLUMNS; column++)
	{
		rows.values[column] = palloc(sizeof(Datum) * count);
		rows.nulls[column] = palloc0(sizeof(bool) * count);
	}
	foreach(cell, drafts)
	{
		EventDraft *draft = lfirst(cell);

		if (!is_dropped(draft) && !is_empty_draft(draft))
			add_row(&rows, draft, scratch);
	}
	MemoryContextDelete(scratch);
	if (rows.count > 0)
		insert_events(&rows);
}

/* Takes the drafts of the organization of the first one out of a list. */
static List *
take_organization(List **drafts)
{
	const pg_uuid_t *org_id = &((EventDraft *) linitial(*drafts))->org_id;
	List	   *taken = NIL;
	List	   *others = NIL;
	ListCell   *cell;

	foreach(cell, *drafts)
	{
		EventDraft *draft = lfirst(cell);

		if (tc_uuid_compare(&draft->org_id, org_id) == 0)
			taken = lappend(taken, draft);
		else
			others = lappend(others, draft);
	}
	*drafts = others;
	return taken;
}

/* On a cluster, each organization has its events in its own shard. */
static void
write_by_organization(List *drafts)
{
	while (drafts != NIL)
	{
		Identity	identity = *identity_current();

		identity.has_org = true;
		identity.org_id = ((EventDraft *) linitial(drafts))->org_id;
		identity_pin(&identity);
		write_drafts(take_organization(&drafts));
		identity_unpin();
	}
}

/*
 * Writes the drafts of the current scope, and forgets them first: a trigger that somebody put
 * on the table of events may add others.
 */
static void
flush_drafts(void)
{
	while (scope->drafts != NIL)
	{
		List	   *drafts = scope->drafts;
		MemoryContext context = scope->context;
		OwnerSwitch saved;

		scope->drafts = NIL;
		scope->by_key = NULL;
		scope->context = NULL;
		owner_enter(&saved, OWNER_BOOKKEEPING);
		SPI_connect();
		if (cluster_is_distributed())
			write_by_organization(drafts);
		else
			write_drafts(drafts);
		SPI_finish();
		owner_leave(&saved);
		MemoryContextDelete(context);
	}
}

/*
 * Writes the drafts now if they are too many for the memory.  Called by a trigger, in a scope
 * of its own unless a call is in progress, between two changes.
 */
void
event_record_relieve(void)
{
	if (list_length(scope->drafts) >= (scope->depth == 1 ? MAX_DRAFTS_OF_STATEMENT : MAX_DRAFTS_OF_CALL))
		flush_drafts();
}

/*
 * Begins to collect changes.  Nothing needs to be done after an error.  A scope inside another
 * one adds to it.
 */
void
event_scope_begin(void)
{
	EventScope *inner;

	if (scope != NULL && scope->subid == GetCurrentSubTransactionId())
	{
		scope->depth++;
		return;
	}
	inner = MemoryContextAllocZero(TopTransactionContext, sizeof(EventScope));
	inner->outer = scope;
	inner->subid = GetCurrentSubTransactionId();
	inner->depth = 1;
	scope = inner;
}

/* Ends the scope, and writes the events of the outermost one. */
void
event_scope_end(void)
{
	if (scope->depth == 1)
	{
		flush_drafts();
		drop_scope();
	}
	else
		scope->depth--;
}

/*
 * Announces the user for whom another node writes next in an organization, in this transaction:
 * the statement that Citus sends does not tell.
 */
void
event_record_set_actor(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
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

/*
 * Returns whether this node records what happens in an organization.  The tables that every
 * node of a cluster has fire their triggers on each node.
 */
bool
event_is_recorded_here(const pg_uuid_t *org_id)
{
	return !cluster_is_distributed() || cluster_is_here(org_id);
}

/* Deletes the events of an organization that is gone.  On a cluster, a call of it is in progress. */
void
event_record_forget(const pg_uuid_t *org_id)
{
	Datum		value = UUIDPGetDatum(org_id);
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run(&forget_plan, &value, NULL, false);
	SPI_finish();
	owner_leave(&saved);
}
