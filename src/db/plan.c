/*
 * plan.c
 *		SQL statements that are planned once and kept.
 *
 * Two kinds.  A KeptPlan is a statement that stands in the code.  A shape is a
 * statement put together from fixed fragments for one combination of filters;
 * there are many possible ones, so the least recently used go.
 *
 * Nearly all are planned generically: their best plan does not depend on the values,
 * and planning anew at each call would cost more than running.  The exception are
 * shapes of which the caller says that it does.
 *
 * A plan does not remember SECURITY_NOFORCE_RLS: made with it and run without, it
 * would show every tenant.  So each belongs to one OwnerMode for ever, and running
 * it in the other is an error.  Shapes are all OWNER_TENANT.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

#include "db/plan.h"
#include "db/suppressed_row.h"

/*
 * How many shapes a backend keeps.  An application uses a dozen; a client that
 * tries them all must not fill the memory (a plan is 30 to 60 kB).
 */
#define MAX_SHAPES 200

typedef struct ShapeEntry
{
	PlanKey		key;			/* hash key: must be first */
	SPIPlanPtr	plan;
	dlist_node	use;			/* in shape_uses, most recently used first */
} ShapeEntry;

static HTAB *shapes = NULL;
static dlist_head shape_uses = DLIST_STATIC_INIT(shape_uses);
static int	shape_count = 0;
static int	shapes_running = 0;	/* one that runs must not be freed */

static SPIPlanPtr
prepare_plan(const char *sql, int nargs, const Oid *argtypes, bool by_value)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, unconstify(Oid *, argtypes),
										  by_value ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN);

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
 * Has a statement that a rule (DO INSTEAD NOTHING) left nothing of analysed again.  It
 * refers to no table then, so that the server does not notice when the rule goes.
 */
static void
recheck_empty(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	if (source->query_list == NIL)
		source->is_valid = false;
}

static void
make_ready(KeptPlan *plan)
{
	require_mode(plan->mode);
	if (plan->kept != NULL)
	{
		recheck_empty(plan->kept);
		return;
	}
	if (plan->build != NULL)
	{
		StringInfoData sql;

		initStringInfo(&sql);
		plan->build(plan, &sql);
		plan->kept = prepare_plan(sql.data, plan->nargs, plan->argtypes, false);
	}
	else
		plan->kept = prepare_plan(plan->sql, plan->nargs, plan->argtypes, false);
}

static void
check_result(int result)
{
	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
}

/*
 * Runs a statement; SPI_processed and SPI_tuptable hold what came.  Needs
 * SPI_connect() and the plan's mode.  values, nulls: as SPI_execute_plan takes
 * them; nulls may be NULL.  read_only: true in STABLE functions.  Raises what the
 * statement raises.
 */
void
plan_run(KeptPlan *plan, const Datum *values, const char *nulls, bool read_only)
{
	make_ready(plan);
	check_result(SPI_execute_plan(plan->kept, unconstify(Datum *, values), nulls, read_only, 0));
}

/*
 * Like plan_run, and stops after so many rows.  max: at least 1.
 */
void
plan_run_some(KeptPlan *plan, const Datum *values, bool read_only, uint64 max)
{
	make_ready(plan);
	check_result(SPI_execute_plan(plan->kept, unconstify(Datum *, values), NULL, read_only, (long) max));
}

/*
 * Like plan_run, for a statement that may write: whether it gave or changed a row.
 */
bool
plan_finds(KeptPlan *plan, const Datum *values)
{
	plan_run(plan, values, NULL, false);
	return SPI_processed > 0;
}

/*
 * Like plan_run, read only, and sees what is committed now rather than what the
 * transaction's snapshot shows, so that a revocation reaches a transaction that
 * began before it.  A catalogue snapshot, because unlike GetLatestSnapshot() it
 * may be taken in a parallel operation; asked for with a table that has no
 * system cache it is always a new one.
 */
void
plan_run_latest(KeptPlan *plan, const Datum *values, const char *nulls)
{
	Oid			member = owner_require_table("member");

	make_ready(plan);
	check_result(SPI_execute_snapshot(plan->kept, unconstify(Datum *, values), nulls,
									  GetCatalogSnapshot(member), InvalidSnapshot,
									  true, false, 0));
}

/*
 * Like plan_run, for a statement that writes, or reads what the transaction has written,
 * and must see all that is committed now even in a transaction with an older snapshot: after a lock that keeps
 * others from writing.
 */
void
plan_run_newest(KeptPlan *plan, const Datum *values)
{
	make_ready(plan);
	check_result(SPI_execute_snapshot(plan->kept, unconstify(Datum *, values), NULL, GetLatestSnapshot(), InvalidSnapshot,
									  false, true, 0));
}

static void
create_shapes(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(PlanKey);
	control.entrysize = sizeof(ShapeEntry);
	control.hcxt = AllocSetContextCreate(CacheMemoryContext, "taskcrm statement shapes",
										 ALLOCSET_SMALL_SIZES);
	shapes = hash_create("taskcrm statement shapes", 64, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
evict_shape(void)
{
	ShapeEntry *entry = dlist_tail_element(ShapeEntry, use, &shape_uses);
	SPIPlanPtr	plan = entry->plan;

	dlist_delete(&entry->use);
	hash_search(shapes, &entry->key, HASH_REMOVE, NULL);
	shape_count--;
	SPI_freeplan(plan);
}

/*
 * The kept statement of a shape, or NULL when there is none (yet, or any more).
 * key: not NULL, padding and unused words zero.  Never raises.
 */
SPIPlanPtr
plan_find_query(const PlanKey *key)
{
	ShapeEntry *entry = NULL;

	if (shapes != NULL)
		entry = hash_search(shapes, key, HASH_FIND, NULL);
	if (entry == NULL)
		return NULL;
	dlist_move_head(&shape_uses, &entry->use);
	return entry->plan;
}

/*
 * Plans and keeps a statement under a key that plan_find_query did not find.
 * sql: made of fixed fragments only, never of input; by_value: plan it anew for the
 * values of each run.  Needs SPI_connect().  Returns the plan; raises what planning
 * raises.
 */
SPIPlanPtr
plan_keep_query(const PlanKey *key, const char *sql, int nargs, const Oid *argtypes, bool by_value)
{
	SPIPlanPtr	plan;
	ShapeEntry *entry;
	bool		found;

	require_mode(OWNER_TENANT);
	if (shapes == NULL)
		create_shapes();
	/* Evict first: then an error below leaves one entry less, not one too many. */
	while (shape_count >= MAX_SHAPES && shapes_running == 0)
		evict_shape();

	plan = prepare_plan(sql, nargs, argtypes, by_value);
	entry = hash_search(shapes, key, HASH_ENTER, &found);
	Assert(!found);
	entry->plan = plan;
	dlist_push_head(&shape_uses, &entry->use);
	shape_count++;
	return plan;
}

/*
 * Runs the statement of a shape, read only, until it has given so many rows.  values:
 * none is NULL; limit: 0 for all rows.  Otherwise as plan_run.
 */
void
plan_run_query(SPIPlanPtr plan, const Datum *values, int64 limit)
{
	require_mode(OWNER_TENANT);
	shapes_running++;
	PG_TRY();
	{
		check_result(SPI_execute_plan(plan, unconstify(Datum *, values), NULL, true, (long) limit));
	}
	PG_FINALLY();
	{
		shapes_running--;
	}
	PG_END_TRY();
}

/*
 * Makes sure that the last statement gave the rows it was to write.  count: how many;
 * table: where.  Raises 09000 when there are fewer, which only a trigger or a rule that
 * somebody added can bring about.
 */
void
plan_require_rows(uint64 count, const char *table)
{
	if (SPI_processed < count)
		suppress_raise(table);
}

/*
 * One value of the last result.  row: from 0; column: from 1.  The value lives
 * until SPI_finish().
 */
Datum
plan_value(uint64 row, int column, bool *isnull)
{
	Assert(row < SPI_processed);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}
