/*
 * event_record.c
 *		The record of what happened: collects changes, which event_write.c writes as events.
 *
 * The triggers on the tables (event_trigger.c) draft an event for each row that changes;
 * the links of a task, and the members of a team, are part of the event of that task or
 * team.  A statement of a client or of an administrator writes its events when it ends.
 * An API call collects those of all its statements and writes them when it ends, so that
 * a call makes one event for each row.
 *
 * A draft takes the number of its event, which orders the events of its task, while its
 * transaction holds the lock on the task's row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "event/event_record.h"
#include "event/event_write.h"
#include "identity/identity.h"

/*
 * A statement with more drafts than this writes them before it ends, and a call with more than
 * that: its tasks and their links are different statements, so that no usual call may.
 */
#define MAX_DRAFTS_OF_STATEMENT 1000
#define MAX_DRAFTS_OF_CALL 20000

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
	event_write_forget_actors();
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

	draft->noun = noun;
	draft->verb = EVENT_UPDATED;
	draft->org_id = *org_id;
	draft->subject_id = *subject_id;
	draft->task_id = *subject_id;
	draft->seq = event_write_next_seq();
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

/* Adds members to the object of changes.  changes: in any memory context. */
void
event_draft_changes(EventDraft *draft, const JsonWriter *changes)
{
	MemoryContext caller = MemoryContextSwitchTo(draft_context());
	JsonWriter *to = &draft->changes;

	if (to->text.data == NULL)
	{
		/* Many drafts may be kept: without the room of a writer. */
		*to = *changes;
		to->text.maxlen = changes->text.len + 1;
		to->text.data = memcpy(palloc(to->text.maxlen), changes->text.data, to->text.maxlen);
	}
	else
		json_write_members(to, changes);
	MemoryContextSwitchTo(caller);
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

/* Writes the drafts that become events. */
static void
write_drafts(List *drafts)
{
	EventDraft **kept = palloc(sizeof(EventDraft *) * list_length(drafts));
	int			count = 0;
	ListCell   *cell;

	keep_dependent(drafts, EVENT_TASK, &tasks_plan);
	keep_dependent(drafts, EVENT_TEAM, &teams_plan);
	foreach(cell, drafts)
	{
		EventDraft *draft = lfirst(cell);

		if (!is_dropped(draft) && !is_empty_draft(draft))
			kept[count++] = draft;
	}
	if (count > 0)
		event_write(kept, count);
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
