/*
 * sample.c
 *		Which terms are common in titles.
 *
 * A common term is found soonest by walking a list from its beginning, a rare one by
 * the index; taking one for the other costs a hundred times as much.  So ANALYZE keeps
 * a sample of titles, and what stands in it several times is common.
 *
 * The sample has titles of all organizations.  It is kept as the statistics of an
 * expression that no client can name, and not of the column: the planner would estimate
 * by them how many rows a client's conditions find, and EXPLAIN would tell title by
 * title what others have.  What is learnt here decides how a list is read, and nothing
 * else.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext_data.h"
#include "fmgr.h"
#include "nodes/value.h"
#include "statistics/statistics.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "search/contains.h"
#include "search/sample.h"

PG_FUNCTION_INFO_V1(tc_sampled);

/* Once in the sample can be that very title; this often is no accident. */
#define SEEN_OFTEN 2
/* The share of all titles from which on equal ones make their words common. */
#define COMMON_SHARE 0.004

/* One title, and which share of all it is; 0 for one of those that are sampled. */
typedef struct SampledTitle
{
	Datum		title;
	double		share;
} SampledTitle;

static MemoryContext context = NULL;	/* of the titles */
static SampledTitle *titles;
static int	title_count;
static bool is_read = false;

static void
statistics_changed(Datum arg, int cache, uint32 hash)
{
	is_read = false;
}

/* Registers for changes of statistics.  For _PG_init. */
void
sample_init(void)
{
	CacheRegisterSyscacheCallback(STATEXTDATASTXOID, statistics_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(STATEXTOID, statistics_changed, (Datum) 0);
}

/* Adds the titles of one kind of statistics: the most common, or the histogram. */
static void
add_titles(HeapTuple statistics, int kind)
{
	AttStatsSlot slot;
	MemoryContext old;
	bool		has_shares = kind == STATISTIC_KIND_MCV;

	if (!get_attstatsslot(&slot, statistics, kind, InvalidOid,
						  ATTSTATSSLOT_VALUES | (has_shares ? ATTSTATSSLOT_NUMBERS : 0)))
		return;
	old = MemoryContextSwitchTo(context);
	titles = title_count == 0 ? palloc(sizeof(SampledTitle) * Max(slot.nvalues, 1)) :
		repalloc(titles, sizeof(SampledTitle) * (title_count + slot.nvalues));
	for (int i = 0; i < slot.nvalues; i++)
	{
		titles[title_count].title = PointerGetDatum(PG_DETOAST_DATUM_COPY(slot.values[i]));
		titles[title_count].share = has_shares ? slot.numbers[i] : 0;
		title_count++;
	}
	MemoryContextSwitchTo(old);
	free_attstatsslot(&slot);
}

/* Whether the statistics have been gathered: ANALYZE may not have run yet. */
static bool
is_gathered(Oid object)
{
	HeapTuple	tuple = SearchSysCache2(STATEXTDATASTXOID, ObjectIdGetDatum(object), BoolGetDatum(false));
	bool		isnull = true;

	if (!HeapTupleIsValid(tuple))
		return false;
	(void) SysCacheGetAttr(STATEXTDATASTXOID, tuple, Anum_pg_statistic_ext_data_stxdexpr, &isnull);
	ReleaseSysCache(tuple);
	return !isnull;
}

static void
read_sample(void)
{
	List	   *name = list_make2(makeString(pstrdup("taskcrm")), makeString(pstrdup("task_title_sample")));
	Oid			object = get_statistics_object_oid(name, true);
	HeapTuple	statistics;

	if (context == NULL)
		context = AllocSetContextCreate(CacheMemoryContext, "taskcrm sample of titles", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(context);
	title_count = 0;
	/* A change that is announced from here on makes it necessary to read again. */
	is_read = true;
	if (!OidIsValid(object) || !is_gathered(object))
		return;
	statistics = statext_expressions_load(object, false, 0);
	if (HeapTupleIsValid(statistics))
	{
		add_titles(statistics, STATISTIC_KIND_MCV);
		add_titles(statistics, STATISTIC_KIND_HISTOGRAM);
		heap_freetuple(statistics);
	}
}

/*
 * In how many sampled titles a term is, and the share that it has in those of which
 * the share is known.  enough: where to stop.
 */
static int
look(const char *term, int enough, double *share)
{
	Datum		wanted = CStringGetTextDatum(term);
	FmgrInfo	match = {.fn_addr = tc_text_contains, .fn_nargs = 2, .fn_strict = true,
	.fn_mcxt = CurrentMemoryContext};
	int			seen = 0;

	if (!is_read)
		read_sample();
	*share = 0;
	for (int i = 0; i < title_count && seen < enough; i++)
	{
		if (!DatumGetBool(FunctionCall2(&match, titles[i].title, wanted)))
			continue;
		if (titles[i].share > 0)
			*share += titles[i].share;
		else
			seen++;
	}
	return seen;
}

/*
 * Whether a term is in so many titles that a list is better walked than sought in the
 * index.  term: in the database's encoding.  Without a sample the answer is no.
 */
bool
sample_is_common(const char *term)
{
	double		share;

	return look(term, SEEN_OFTEN, &share) >= SEEN_OFTEN || share >= COMMON_SHARE;
}

/* The share of all titles that a term is in, as far as the sample shows. */
double
sample_share(const char *term)
{
	double		share;
	int			seen = look(term, title_count + 1, &share);
	double		known = 0;
	int			sampled = 0;

	for (int i = 0; i < title_count; i++)
	{
		if (titles[i].share > 0)
			known += titles[i].share;
		else
			sampled++;
	}
	return sampled == 0 ? share : share + Max(1.0 - known, 0.0) * seen / sampled;
}

/*
 * sampled(text) returns text
 *
 * Its argument.  The statistics are of this, and not of the column.
 */
Datum
tc_sampled(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
