/*
 * plan.c
 *		SQL statements that are planned once and kept.
 *
 * There are two kinds.  A KeptPlan is a statement known at compile time.  A list query is
 * put together from fixed fragments for one combination of filters; because there are
 * many combinations, the least recently used plans are evicted.
 *
 * Nearly all plans are generic: the best plan does not depend on the values, and planning
 * at every call would cost more than running the statement.  The exceptions are list
 * queries whose caller asks for custom plans.
 *
 * On a cluster, a statement has a plan for each shard that it runs on, which is made from
 * the names of the shards (cluster.c).  Such plans are kept like those of list queries.
 *
 * A plan does not remember SECURITY_NOFORCE_RLS.  If it were made with that flag and run
 * without it, it would show the rows of every tenant.  Each plan therefore belongs to one
 * OwnerMode, and running it in the other mode is an error.  List queries always run in
 * OWNER_TENANT mode.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

#include "base/call_stats.h"
#include "base/compat.h"
#include "base/decision_log.h"
#include "db/cluster.h"
#include "db/plan.h"
#include "db/suppressed_row.h"

/*
 * The number of list queries that a backend keeps.  An application uses a dozen.  A
 * client that tries every combination must not fill the memory: a plan takes 30 to 60 kB.
 */
#define MAX_QUERIES 200

/*
 * On a cluster, a backend keeps the statements of many shards: each of the places that
 * it works in has plans of its own.
 */
#define MAX_CLUSTER_QUERIES 1000

/* A list query in a place, or a KeptPlan in the place of a cluster. */
typedef struct QueryKey
{
	PlanKey		query;			/* zero for a KeptPlan */
	KeptPlan   *statement;		/* NULL for a list query */
	ClusterPlace place;
} QueryKey;

typedef struct QueryEntry
{
	QueryKey	key;			/* hash key: must be first */
	SPIPlanPtr	plan;
	char	   *sql;			/* of plan_query_by_text(), else NULL */
	dlist_node	use;			/* in query_uses, most recently used first */
} QueryEntry;

static HTAB *queries = NULL;
static MemoryContext queries_context = NULL;
static dlist_head query_uses = DLIST_STATIC_INIT(query_uses);
static int	query_count = 0;
static int	queries_running = 0;	/* a running plan must not be freed */

/* The statements of shards that have begun in a transaction, since an error may end them. */
static int	shard_statements = 0;
static LocalTransactionId shard_transaction = InvalidLocalTransactionId;

/* Counts the calls of plan_forget_built(). */
static uint32 built_generation = 0;

/*
 * Says what to do if a statement names a column, table or function that does not exist:
 * until somebody has called ALTER EXTENSION ... UPDATE and tc_install(), a new library meets
 * functions and tables of an older version.
 */
static void
hint_at_upgrade(void *arg)
{
	switch (geterrcode())
	{
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_OBJECT:
			errhint("Run ALTER EXTENSION taskcrm UPDATE and CALL taskcrm.tc_install(); tc_doctor() tells what differs.");
			break;
		default:
			break;
	}
}

/* Prepares a statement for the current place; see cluster.c. */
static SPIPlanPtr
prepare_plan(const char *sql, int nargs, const Oid *argtypes, bool by_value)
{
	bool		by_citus;
	const char *translated = cluster_translate(sql, cluster_place(), &by_citus);
	ErrorContextCallback callback;
	SPIPlanPtr	plan;

	callback.callback = hint_at_upgrade;
	callback.arg = NULL;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	plan = SPI_prepare_cursor(translated, nargs, unconstify(Oid *, argtypes),
							  by_value || by_citus ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN);
	error_context_stack = callback.previous;
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "SPI_keepplan failed");
	return plan;
}

static void
require_mode(OwnerMode mode)
{
	if (!owner_mode_is(mode))
		elog(ERROR, "statement of taskcrm run in the wrong security context");
}

/*
 * Forces a statement to be analyzed again if a rule (DO INSTEAD NOTHING) has rewritten it
 * to nothing.  Such a statement depends on no table, so the server does not invalidate it
 * when the rule is dropped.
 */
static void
recheck_empty(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	if (source->query_list == NIL)
		source->is_valid = false;
}

/* Forgets a statement that was built before the last plan_forget_built(). */
static void
forget_outdated(KeptPlan *plan)
{
	SPIPlanPtr	outdated = plan->kept;

	if (plan->build == NULL || plan->built_in == built_generation)
		return;
	plan->built_in = built_generation;
	plan->kept = NULL;
	if (outdated != NULL)
		SPI_freeplan(outdated);
}

static void
create_queries(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(QueryKey);
	control.entrysize = sizeof(QueryEntry);
	queries_context = AllocSetContextCreate(CacheMemoryContext, "taskcrm list queries",
											ALLOCSET_SMALL_SIZES);
	control.hcxt = queries_context;
	queries = hash_create("taskcrm list queries", 64, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
forget_query(QueryEntry *entry)
{
	SPIPlanPtr	plan = entry->plan;

	dlist_delete(&entry->use);
	if (entry->sql != NULL)
		pfree(entry->sql);
	hash_search(queries, &entry->key, HASH_REMOVE, NULL);
	query_count--;
	call_stats_kept_plans(-1);
	SPI_freeplan(plan);
}

static void
evict_query(void)
{
	forget_query(dlist_tail_element(QueryEntry, use, &query_uses));
}

static bool
is_any_running(void)
{
	return queries_running > 0 || (shard_statements > 0 && shard_transaction == tc_proc_lxid(MyProc));
}

/* Returns a kept plan, or NULL. */
static SPIPlanPtr
find_query(const QueryKey *key)
{
	QueryEntry *entry = NULL;

	if (queries != NULL)
		entry = hash_search(queries, key, HASH_FIND, NULL);
	if (entry == NULL)
		return NULL;
	dlist_move_head(&query_uses, &entry->use);
	return entry->plan;
}

/* Makes room for a plan. */
static void
limit_queries(ClusterPlace place)
{
	int			most = place == PLACE_UNDISTRIBUTED ? MAX_QUERIES : MAX_CLUSTER_QUERIES;

	if (queries == NULL)
		create_queries();
	/* Evict first, so that an error leaves one entry too few, not one too many. */
	while (query_count >= most && !is_any_running())
		evict_query();
}

/* Keeps a plan that find_query() did not find; returns it. */
static SPIPlanPtr
keep_query(const QueryKey *key, SPIPlanPtr plan)
{
	QueryEntry *entry;
	bool		found;

	limit_queries(key->place);
	entry = hash_search(queries, key, HASH_ENTER, &found);
	Assert(!found);
	entry->plan = plan;
	entry->sql = NULL;
	dlist_push_head(&query_uses, &entry->use);
	query_count++;
	call_stats_kept_plans(1);
	return plan;
}

static SPIPlanPtr
prepare_kept(KeptPlan *plan)
{
	StringInfoData sql;

	if (plan->build == NULL)
		return prepare_plan(plan->sql, plan->nargs, plan->argtypes, false);
	initStringInfo(&sql);
	plan->build(plan, &sql);
	return prepare_plan(sql.data, plan->nargs, plan->argtypes, false);
}

static SPIPlanPtr
find_kept(KeptPlan *plan)
{
	forget_outdated(plan);
	if (plan->kept == NULL)
		plan->kept = prepare_kept(plan);
	else
		recheck_empty(plan->kept);
	return plan->kept;
}

/* The same for a statement on the shards of an organization. */
static SPIPlanPtr
find_kept_on_shard(KeptPlan *plan, ClusterPlace place)
{
	QueryKey	key;
	SPIPlanPtr	found;

	if (shard_transaction != tc_proc_lxid(MyProc))
	{
		shard_transaction = tc_proc_lxid(MyProc);
		shard_statements = 0;
	}
	memset(&key, 0, sizeof(key));
	key.statement = plan;
	key.place = place;
	found = find_query(&key);
	if (found == NULL)
		return keep_query(&key, prepare_kept(plan));
	recheck_empty(found);
	return found;
}

/* Returns the plan of a statement, made if necessary, for a run that end_run() ends. */
static SPIPlanPtr
begin_run(KeptPlan *plan)
{
	ClusterPlace place = cluster_place();
	SPIPlanPtr	kept;

	require_mode(plan->mode);
	if (place == PLACE_UNDISTRIBUTED)
		return find_kept(plan);
	kept = find_kept_on_shard(plan, place);
	shard_statements++;
	return kept;
}

static void
check_result(int result)
{
	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
}

/* Ends a run.  result: of SPI. */
static void
end_run(int result)
{
	check_result(result);
	if (shard_statements > 0)
		shard_statements--;
}

/*
 * Runs a statement and leaves the result in SPI_processed and SPI_tuptable.  Needs
 * SPI_connect() and the plan's mode.  values, nulls: as for SPI_execute_plan(); nulls may
 * be NULL.  read_only: true in STABLE functions.  Raises the errors of the statement.
 */
void
plan_run(KeptPlan *plan, const Datum *values, const char *nulls, bool read_only)
{
	SPIPlanPtr	kept = begin_run(plan);

	end_run(SPI_execute_plan(kept, unconstify(Datum *, values), nulls, read_only, 0));
}

/*
 * Opens a cursor for a statement that only reads, for results that are too large to be in
 * memory.  Read it with SPI_cursor_fetch(), and close it.  Needs what plan_run() needs.
 */
Portal
plan_open(KeptPlan *plan, const Datum *values)
{
	SPIPlanPtr	kept = begin_run(plan);
	Portal		portal = SPI_cursor_open(NULL, kept, unconstify(Datum *, values), NULL, true);

	if (portal == NULL)
		elog(ERROR, "SPI_cursor_open failed: %s", SPI_result_code_string(SPI_result));
	/* The portal keeps what it needs of the plan. */
	end_run(SPI_OK_CURSOR);
	return portal;
}

/*
 * Adds a parameter to a statement that is being built.  type: of its values.  Returns its
 * number.
 */
int
plan_parameter(KeptPlan *plan, Oid type)
{
	if (plan->nargs == PLAN_MAX_ARGS)
		elog(ERROR, "a statement has more than %d parameters", PLAN_MAX_ARGS);
	plan->argtypes[plan->nargs++] = type;
	return plan->nargs;
}

/* Adds an argument that may be NULL. */
void
plan_arg_nullable(PlanArgs *args, NullableDatum value)
{
	Assert(args->count < PLAN_MAX_ARGS);
	args->values[args->count] = value.value;
	args->nulls[args->count++] = value.isnull ? 'n' : ' ';
}

/* Adds an argument that is not NULL. */
void
plan_arg(PlanArgs *args, Datum value)
{
	plan_arg_nullable(args, (NullableDatum) {.value = value});
}

/* Adds a text.  value: NULL for NULL. */
void
plan_arg_text(PlanArgs *args, const char *value)
{
	plan_arg_nullable(args, (NullableDatum) {
		.value = value == NULL ? (Datum) 0 : CStringGetTextDatum(value),
		.isnull = value == NULL
	});
}

/* Like plan_run(), for a statement that may write.  args: all of its arguments. */
void
plan_run_args(KeptPlan *plan, const PlanArgs *args)
{
	plan_run(plan, args->values, args->nulls, false);
	Assert(args->count == plan->nargs);
}

/* Like plan_run(), but stops after max rows.  max: at least 1. */
void
plan_run_some(KeptPlan *plan, const Datum *values, bool read_only, uint64 max)
{
	SPIPlanPtr	kept = begin_run(plan);

	end_run(SPI_execute_plan(kept, unconstify(Datum *, values), NULL, read_only, (long) max));
}

/*
 * Like plan_run(), for a statement that may write.  Returns whether it returned or
 * changed a row.
 */
bool
plan_finds(KeptPlan *plan, const Datum *values)
{
	plan_run(plan, values, NULL, false);
	return SPI_processed > 0;
}

/*
 * Like plan_run(), read-only, but sees what is committed now instead of the transaction's
 * snapshot, so that a revocation takes effect in transactions that began before it.  Uses
 * a catalog snapshot because, unlike GetLatestSnapshot(), it is allowed in a parallel
 * operation; requested for a table without a system cache, it is always a new snapshot.
 */
void
plan_run_latest(KeptPlan *plan, const Datum *values, const char *nulls)
{
	Oid			member = owner_require_table("member");

	SPIPlanPtr	kept = begin_run(plan);

	end_run(SPI_execute_snapshot(kept, unconstify(Datum *, values), nulls,
								 GetCatalogSnapshot(member), InvalidSnapshot,
								 true, false, 0));
}

/*
 * Like plan_run(), for a statement that writes, or reads what the transaction has
 * written, and must see everything committed until now even if the transaction has an
 * older snapshot.  Call it after taking a lock that keeps others from writing.
 */
void
plan_run_newest(KeptPlan *plan, const Datum *values)
{
	SPIPlanPtr	kept = begin_run(plan);

	end_run(SPI_execute_snapshot(kept, unconstify(Datum *, values), NULL, GetLatestSnapshot(), InvalidSnapshot,
								 false, true, 0));
}

static QueryKey
key_here(const PlanKey *query)
{
	QueryKey	key;

	memset(&key, 0, sizeof(key));
	key.query = *query;
	key.place = cluster_place();
	return key;
}

/*
 * Returns the kept plan of a list query, or NULL if it was never made or has been
 * evicted. key: not NULL, with padding and unused words set to zero.  On a cluster, the plan
 * is for the current place.
 */
SPIPlanPtr
plan_find_query(const PlanKey *key)
{
	QueryKey	here = key_here(key);

	return find_query(&here);
}

/*
 * Plans a statement and keeps it under a key that plan_find_query() did not find. sql:
 * made of fixed fragments only, never of input; by_value: make a custom plan for the
 * values of each run.  Needs SPI_connect().  Returns the plan; raises the errors of
 * planning.
 */
SPIPlanPtr
plan_keep_query(const PlanKey *key, const char *sql, int nargs, const Oid *argtypes, bool by_value)
{
	QueryKey	here = key_here(key);
	SPIPlanPtr	plan;

	require_mode(OWNER_TENANT);
	plan = keep_query(&here, prepare_plan(sql, nargs, argtypes, by_value));
	decision_log("made a statement for lists, %d are kept: %s", query_count, sql);
	return plan;
}

/* Returns whether a kept plan has a text and these types of arguments. */
static bool
has_text(const QueryEntry *entry, const char *sql, int nargs, const Oid *argtypes)
{
	if (entry->sql == NULL || strcmp(entry->sql, sql) != 0 || SPI_getargcount(entry->plan) != nargs)
		return false;
	for (int i = 0; i < nargs; i++)
	{
		if (SPI_getargtypeid(entry->plan, i) != argtypes[i])
			return false;
	}
	return true;
}

/*
 * Finds or makes a list query that only its text identifies.  sql: made of fixed fragments
 * only, never of input.  It is planned for the values of each run.  Needs SPI_connect().
 * The plan is valid until the next call.  Raises the errors of planning.
 */
SPIPlanPtr
plan_query_by_text(const char *sql, int nargs, const Oid *argtypes)
{
	PlanKey		key = {{0}};
	QueryKey	here;
	uint64		hash = hash_bytes_extended((const unsigned char *) sql, (int) strlen(sql), 0);
	QueryEntry *entry = NULL;

	/* No list has all filters. */
	key.words[0] = PG_UINT32_MAX;
	key.words[1] = (uint32) (hash >> 32);
	key.words[2] = (uint32) hash;
	here = key_here(&key);
	if (queries != NULL)
		entry = hash_search(queries, &here, HASH_FIND, NULL);
	if (entry != NULL && has_text(entry, sql, nargs, argtypes))
	{
		dlist_move_head(&query_uses, &entry->use);
		return entry->plan;
	}
	if (entry != NULL && is_any_running())
		return prepare_plan(sql, nargs, argtypes, true);
	if (entry != NULL)
		forget_query(entry);
	(void) plan_keep_query(&key, sql, nargs, argtypes, true);
	entry = hash_search(queries, &here, HASH_FIND, NULL);
	entry->sql = MemoryContextStrdup(queries_context, sql);
	return entry->plan;
}

static void
run_query(SPIPlanPtr plan, const Datum *values, bool read_only, int64 limit)
{
	require_mode(OWNER_TENANT);
	queries_running++;
	PG_TRY();
	{
		check_result(SPI_execute_plan(plan, unconstify(Datum *, values), NULL, read_only, (long) limit));
	}
	PG_FINALLY();
	{
		queries_running--;
	}
	PG_END_TRY();
}

/*
 * Forgets every list query, and every statement that was built, because what they were built
 * from has changed.  None of them may be running.  Never raises an error.
 */
void
plan_forget_built(void)
{
	Assert(queries_running == 0);
	/* What is left in it was ended by errors. */
	shard_statements = 0;
	while (query_count > 0)
		evict_query();
	built_generation++;
}

/*
 * Runs a list query, read-only, and stops after limit rows.  values: none is NULL; limit:
 * 0 for all rows.  Otherwise like plan_run().
 */
void
plan_run_query(SPIPlanPtr plan, const Datum *values, int64 limit)
{
	run_query(plan, values, true, limit);
}

/* The same for a list query that writes. */
void
plan_run_writing_query(SPIPlanPtr plan, const Datum *values)
{
	run_query(plan, values, false, 0);
}

/*
 * Checks that the last statement wrote the expected rows.  count: how many; table: for
 * the message.  Raises 09000 if there are fewer, which only a user-defined trigger or
 * rule can cause.
 */
void
plan_require_rows(uint64 count, const char *table)
{
	if (SPI_processed < count)
		suppress_raise(table);
}

/*
 * Returns one value of the last result.  row: from 0; column: from 1.  The value is valid
 * until SPI_finish().
 */
Datum
plan_value(uint64 row, int column, bool *isnull)
{
	Assert(row < SPI_processed);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}
