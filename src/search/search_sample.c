/*
 * search_sample.c
 *		Which terms are common in titles.
 *
 * A common term is found soonest by walking a list from its beginning, a rare one by
 * the index; taking one for the other costs a hundred times as much.  ANALYZE keeps a
 * sample of titles in the column's statistics, and what is in several of them is common.
 *
 * The sample has titles of all organizations.  What is learnt here decides how a list is
 * read, and nothing else.  Plans of clients do not see it; see statistics_hook.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "db/owner.h"
#include "search/search_contains.h"
#include "search/search_sample.h"

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
	CacheRegisterSyscacheCallback(STATRELATTINH, statistics_changed, (Datum) 0);
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

static void
read_sample(void)
{
	Oid			table = owner_require_table("task");
	HeapTuple	statistics;

	if (context == NULL)
		context = AllocSetContextCreate(CacheMemoryContext, "taskcrm sample of titles", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(context);
	title_count = 0;
	/* A change that is announced from here on makes it necessary to read again. */
	is_read = true;
	/* ANALYZE may not have run yet. */
	statistics = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table),
								 Int16GetDatum(get_attnum(table, "title")), BoolGetDatum(false));
	if (!HeapTupleIsValid(statistics))
		return;
	add_titles(statistics, STATISTIC_KIND_MCV);
	add_titles(statistics, STATISTIC_KIND_HISTOGRAM);
	ReleaseSysCache(statistics);
}

/*
 * Whether a term is in so many titles that a list is better walked than sought in the
 * index.  term: in the database's encoding.  Without a sample the answer is no.
 */
bool
sample_is_common(const char *term)
{
	Datum		wanted = CStringGetTextDatum(term);
	FmgrInfo	match = {.fn_addr = tc_text_contains, .fn_nargs = 2, .fn_strict = true,
	.fn_mcxt = CurrentMemoryContext};
	double		share = 0;
	int			seen = 0;

	if (!is_read)
		read_sample();
	for (int i = 0; i < title_count && seen < SEEN_OFTEN && share < COMMON_SHARE; i++)
	{
		if (!DatumGetBool(FunctionCall2(&match, titles[i].title, wanted)))
			continue;
		if (titles[i].share > 0)
			share += titles[i].share;
		else
			seen++;
	}
	return seen >= SEEN_OFTEN || share >= COMMON_SHARE;
}
