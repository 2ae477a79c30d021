/*
 * task_counter.c
 *		Counts the tasks of each organization by status and priority.
 *
 * The table task_count stores by how much each statement has changed these numbers.  The
 * count is their sum, so it is as exact under MVCC as the tasks themselves.  Rows are
 * only added: writers never wait for each other, in whatever order transactions touch
 * tasks, and never fail because of their snapshot.
 *
 * From time to time the rows of an organization are folded into one for each status and
 * priority.  This deletes rows, which could fail under REPEATABLE READ, so statements do
 * it only under READ COMMITTED.  Rows that another transaction is folding are skipped, so
 * there is no waiting and no deadlock.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/progress.h"
#include "base/uuid.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "db/transition_rows.h"
#include "db/trigger_row.h"
#include "task/task_counter.h"
#include "task/task_label.h"

PG_FUNCTION_INFO_V1(tc_task_counted);

/*
 * One in this many statements folds.  Summing that many rows takes 10 to 20 microseconds;
 * folding takes 3 microseconds for each statement that wrote a row.
 */
#define FOLD_ONE_IN 64

static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.task_count (org_id, status, priority, n)"
	" VALUES ($1, $2::taskcrm.task_status, $3::taskcrm.task_priority, $4)",
	4, UUIDOID, TEXTOID, TEXTOID, INT8OID);

/*
 * Replaces the rows that match the condition on c by one row per group.  Returns how many
 * fewer there are, and whether a row was suppressed: each locked row must be deleted, and
 * each sum inserted.
 */
#define FOLD_SQL(condition) \
	"WITH held AS (SELECT c.ctid FROM taskcrm_internal.task_count c WHERE " condition " FOR UPDATE SKIP LOCKED)," \
	" gone AS (DELETE FROM taskcrm_internal.task_count d WHERE d.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT h.ctid FROM held h))" \
	" RETURNING d.org_id, d.status, d.priority, d.n)," \
	" sums AS (SELECT g.org_id, g.status, g.priority, pg_catalog.sum(g.n) AS n FROM gone g" \
	" GROUP BY g.org_id, g.status, g.priority HAVING pg_catalog.sum(g.n) OPERATOR(pg_catalog.<>) 0)," \
	" folded AS (INSERT INTO taskcrm_internal.task_count (org_id, status, priority, n)" \
	" SELECT s.org_id, s.status, s.priority, s.n FROM sums s RETURNING n)" \
	" SELECT k.gone OPERATOR(pg_catalog.-) k.folded," \
	" k.gone OPERATOR(pg_catalog.<) k.held OR k.folded OPERATOR(pg_catalog.<) k.sums" \
	" FROM (SELECT (SELECT pg_catalog.count(*) FROM held) AS held, (SELECT pg_catalog.count(*) FROM gone) AS gone," \
	" (SELECT pg_catalog.count(*) FROM sums) AS sums, (SELECT pg_catalog.count(*) FROM folded) AS folded) k"

/* Limits the backlog that a single statement processes. */
static KeptPlan fold_plan = BOOKKEEPING_PLAN(
	FOLD_SQL("c.org_id OPERATOR(pg_catalog.=) $1 LIMIT 1000"),
	1, UUIDOID);

static KeptPlan fold_away_plan = BOOKKEEPING_PLAN(
	FOLD_SQL("c.org_id OPERATOR(pg_catalog.=) $1"),
	1, UUIDOID);

/* A group with only one row is left alone. */
static KeptPlan compact_plan = BOOKKEEPING_PLAN(
	FOLD_SQL("(c.org_id, c.status, c.priority) IN (SELECT s.org_id, s.status, s.priority"
	" FROM taskcrm_internal.task_count s GROUP BY s.org_id, s.status, s.priority HAVING pg_catalog.count(*) > 1)"),
	0, InvalidOid);

static KeptPlan forget_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.task_count",
	0, InvalidOid);

static KeptPlan any_left_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.task_count LIMIT 1",
	0, InvalidOid);

#define COUNTED_SQL \
	"SELECT t.org_id, t.status, t.priority, pg_catalog.count(*) AS n" \
	" FROM taskcrm.task t GROUP BY t.org_id, t.status, t.priority"

static KeptPlan count_plan = BOOKKEEPING_PLAN(
	"WITH counted AS (" COUNTED_SQL "), added AS (INSERT INTO taskcrm_internal.task_count (org_id, status, priority, n)"
	" SELECT c.org_id, c.status, c.priority, c.n FROM counted c RETURNING n)"
	" SELECT (SELECT pg_catalog.count(*) FROM added) OPERATOR(pg_catalog.<) (SELECT pg_catalog.count(*) FROM counted)",
	0, InvalidOid);

static KeptPlan check_plan = BOOKKEEPING_PLAN(
	"SELECT org_id, status, priority, coalesce(c.n, 0), coalesce(t.n, 0)"
	" FROM (SELECT s.org_id, s.status, s.priority, pg_catalog.sum(s.n)::pg_catalog.int8 AS n"
	" FROM taskcrm_internal.task_count s GROUP BY s.org_id, s.status, s.priority) c"
	" FULL JOIN (" COUNTED_SQL ") t USING (org_id, status, priority)"
	" WHERE coalesce(c.n, 0) <> coalesce(t.n, 0) ORDER BY 1, 2, 3",
	0, InvalidOid);

/* The key that tasks are counted by; compared byte by byte. */
typedef struct CountKey
{
	pg_uuid_t	org_id;
	Oid			status;
	Oid			priority;
} CountKey;

/* The changes of the counts by a statement. */
typedef struct CountDelta
{
	CountKey	key;
	int64		n;
	/* For the hash table's entry, and named by simplehash.h. */
	/* cppcheck-suppress unusedStructMember */
	char		status;
} CountDelta;

#define SH_PREFIX deltas
#define SH_ELEMENT_TYPE CountDelta
#define SH_KEY_TYPE CountKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) &(key), sizeof(CountKey))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), sizeof(CountKey)) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* The columns that tasks are counted by. */
typedef struct CountColumns
{
	int			org_id;
	int			status;
	int			priority;
} CountColumns;

/* The enum that a label of a task is of. */
static Oid
get_enum(const LabelSet *set)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(set->type),
									   ObjectIdGetDatum(get_namespace_oid("taskcrm", false)));

	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type \"taskcrm.%s\" does not exist", set->type)));
	return type;
}

static void
find_columns(CountColumns *columns, Relation relation)
{
	columns->org_id = trigger_row_column(relation, "org_id", UUIDOID);
	columns->status = trigger_row_column(relation, "status", get_enum(&label_status));
	columns->priority = trigger_row_column(relation, "priority", get_enum(&label_priority));
}

/* Counts each row of a transition table as n. */
static void
add_rows(deltas_hash *deltas, Relation relation, Tuplestorestate *store, int64 n)
{
	CountColumns columns;
	TransitionRows rows;
	TupleTableSlot *slot;

	if (store == NULL)
		return;
	find_columns(&columns, relation);
	transition_rows_begin(&rows, relation, store);
	while ((slot = transition_rows_next(&rows)) != NULL)
	{
		CountKey	key;
		CountDelta *delta;
		bool		found;

		key.org_id = *DatumGetUUIDP(trigger_row_slot_value(relation, slot, columns.org_id));
		key.status = DatumGetObjectId(trigger_row_slot_value(relation, slot, columns.status));
		key.priority = DatumGetObjectId(trigger_row_slot_value(relation, slot, columns.priority));
		delta = deltas_insert(deltas, key, &found);
		delta->n = n + (found ? delta->n : 0);
	}
	transition_rows_end(&rows);
}

static Datum
label_text(Oid label)
{
	return CStringGetTextDatum(DatumGetCString(DirectFunctionCall1(enum_out, ObjectIdGetDatum(label))));
}

/* Raises 09000 if a column of the last result, which says whether a row was suppressed, is true. */
static void
require_unsuppressed(int column)
{
	bool		isnull;

	if (DatumGetBool(plan_value(0, column, &isnull)))
		suppress_raise("task_count");
}

/* Runs a statement made by FOLD_SQL.  Returns by how many rows the table has shrunk. */
static int64
fold_counters(KeptPlan *plan, const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);
	bool		isnull;

	plan_run(plan, &org, NULL, false);
	require_unsuppressed(2);
	return DatumGetInt64(plan_value(0, 1, &isnull));
}

static void
write_deltas(deltas_hash *deltas)
{
	deltas_iterator iterator;
	CountDelta *delta;
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	deltas_start_iterate(deltas, &iterator);
	while ((delta = deltas_iterate(deltas, &iterator)) != NULL)
	{
		Datum		values[4];

		if (delta->n == 0)
			continue;
		values[0] = UUIDPGetDatum(&delta->key.org_id);
		values[1] = label_text(delta->key.status);
		values[2] = label_text(delta->key.priority);
		values[3] = Int64GetDatum(delta->n);
		plan_run(&add_plan, values, NULL, false);
		plan_require_rows(1, "task_count");
		if (!IsolationUsesXactSnapshot() && pg_prng_uint64(&pg_global_prng_state) % FOLD_ONE_IN == 0)
			(void) fold_counters(&fold_plan, &delta->key.org_id);
	}
	SPI_finish();
	owner_leave(&saved);
}

/*
 * Keeps other transactions from adding and folding rows until the transaction ends.
 * Always taken after the locks on the caller's tasks.
 */
static void
lock_counts(void)
{
	LockRelationOid(cluster_shard_of("task_count"), ShareRowExclusiveLock);
}

/*
 * Deletes all rows, including those that the transaction's snapshot does not show.  Needs
 * lock_counts().  Raises 09000 if a row is left.
 */
static void
delete_counts(void)
{
	plan_run_newest(&forget_plan, NULL);
	plan_run_newest(&any_left_plan, NULL);
	if (SPI_processed > 0)
		suppress_raise("task_count");
}

/* Like TRUNCATE of the tasks, this does not depend on the snapshot. */
static void
forget_folds(void)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	lock_counts();
	delete_counts();
	SPI_finish();
	owner_leave(&saved);
}

/*
 * task_counted() returns trigger
 *
 * Fires after each statement that inserts, updates, deletes (with transition tables) or
 * truncates tasks.
 */
Datum
tc_task_counted(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	deltas_hash *deltas;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after a statement", "task_counted")));

	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
	{
		forget_folds();
		return PointerGetDatum(NULL);
	}
	deltas = deltas_create(CurrentMemoryContext, 16, NULL);
	add_rows(deltas, data->tg_relation, data->tg_newtable, 1);
	add_rows(deltas, data->tg_relation, data->tg_oldtable, -1);
	write_deltas(deltas);
	deltas_destroy(deltas);
	return PointerGetDatum(NULL);
}

/*
 * Folds the rows of all organizations; returns by how many rows the table has shrunk.
 * Skips rows that other transactions are folding.  Needs a call in OWNER_BOOKKEEPING
 * mode.
 */
int64
task_counter_compact(void)
{
	progress_show("folding the counters");
	return fold_counters(&compact_plan, NULL);
}

/*
 * Folds the rows of an organization whose tasks have been deleted, so that none is left.
 * If another transaction is folding some of them, the remaining rows add up to 0; if they
 * were deleted instead, the sums that the other transaction inserts would remain.  Needs
 * a call in OWNER_BOOKKEEPING mode.
 */
void
task_counter_fold_away(const pg_uuid_t *org_id)
{
	(void) fold_counters(&fold_away_plan, org_id);
}

/*
 * Recounts all tasks.  Waits for transactions that are writing tasks, and blocks new ones
 * until the transaction ends.  Needs a call in OWNER_BOOKKEEPING mode.
 */
void
task_counter_rebuild(void)
{
	progress_show("waiting for writers of tasks");
	LockRelationOid(cluster_shard_of("task"), ShareRowExclusiveLock);
	lock_counts();
	progress_show("counting tasks");
	delete_counts();
	plan_run_newest(&count_plan, NULL);
	require_unsuppressed(1);
}

/*
 * Looks for counts that differ from the tasks.  SPI_tuptable has organization, status,
 * priority, the stored and the actual count.  Needs a call in OWNER_BOOKKEEPING mode.
 */
void
task_counter_check(void)
{
	plan_run(&check_plan, NULL, NULL, true);
}
