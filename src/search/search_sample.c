/*
 * search_sample.c
 *		Finds out which terms, and which of their trigrams, are common in titles.
 *
 * Scanning a list from its beginning finds a common term fastest; the index finds a rare
 * term fastest.  The wrong choice costs a hundred times as much.  ANALYZE keeps a sample
 * of titles in the column's statistics; a term that is in several of them is common.
 *
 * The sample has titles of all organizations.  It only decides how a list is read. Plans
 * of clients do not use it; see statistics_hook.c.
 */
#include "postgres.h"

#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/decision_log.h"
#include "db/cluster.h"
#include "search/search_contains.h"
#include "search/search_sample.h"
#include "search/search_trigram_set.h"

/* A single match in the sample may be chance; this many are not. */
#define SEEN_OFTEN 2
/* If equal titles have at least this share of all, their words are common. */
#define COMMON_SHARE 0.004

/* A title and its share of all titles; 0 for a sampled one. */
typedef struct SampledTitle
{
	Datum		title;
	double		share;
} SampledTitle;

/* A trigram of titles without accents, and the share of the titles that have it. */
typedef struct SampledTrigram
{
	int64		trigram;
	double		share;
} SampledTrigram;

static MemoryContext context = NULL;	/* of the titles and trigrams */
static SampledTitle *titles;
static int	title_count;
static SampledTrigram *trigrams;	/* each once, ascending */
static int	trigram_count;
static bool is_read = false;
static Oid	read_from;			/* the table; on a cluster, a shard */

static void
statistics_changed(Datum arg, int cache, uint32 hash)
{
	is_read = false;
}

/* Registers for changes of statistics.  Called by _PG_init(). */
void
sample_init(void)
{
	CacheRegisterSyscacheCallback(STATRELATTINH, statistics_changed, (Datum) 0);
}

/* Adds the titles of one kind of statistics: most common values, or histogram. */
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

static int
compare_sampled(const void *a, const void *b)
{
	int64		x = ((const SampledTrigram *) a)->trigram;
	int64		y = ((const SampledTrigram *) b)->trigram;

	return (x > y) - (x < y);
}

/* Returns the share of all titles that each sampled title stands for. */
static double
share_of_sampled(void)
{
	double		rest = 1;
	int			sampled = 0;

	for (int i = 0; i < title_count; i++)
	{
		rest -= titles[i].share;
		if (titles[i].share == 0)
			sampled++;
	}
	return Max(rest, 0) / Max(sampled, 1);
}

/* Returns the trigrams of all titles, palloc'ed, in any order.  count: set to their number. */
static SampledTrigram *
collect_trigrams(int *count)
{
	SampledTrigram *all = NULL;
	double		share = share_of_sampled();

	*count = 0;
	for (int i = 0; i < title_count; i++)
	{
		text	   *title = DatumGetTextPP(titles[i].title);
		int			more;
		int64	   *set = trigram_set_of(VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title), true, &more);

		if (more == 0)
			continue;
		all = all == NULL ? palloc(sizeof(SampledTrigram) * more) : repalloc(all, sizeof(SampledTrigram) * (*count + more));
		for (int n = 0; n < more; n++)
			all[(*count)++] = (SampledTrigram) {set[n], titles[i].share > 0 ? titles[i].share : share};
		pfree(set);
	}
	return all;
}

static void
add_trigrams(void)
{
	int			count;
	SampledTrigram *all = collect_trigrams(&count);

	trigram_count = 0;
	if (count == 0)
		return;
	qsort(all, count, sizeof(SampledTrigram), compare_sampled);
	for (int i = 0; i < count; i++)
	{
		if (trigram_count > 0 && all[trigram_count - 1].trigram == all[i].trigram)
			all[trigram_count - 1].share += all[i].share;
		else
			all[trigram_count++] = all[i];
	}
	trigrams = MemoryContextAlloc(context, sizeof(SampledTrigram) * trigram_count);
	memcpy(trigrams, all, sizeof(SampledTrigram) * trigram_count);
	pfree(all);
}

static void
read_sample(Oid table)
{
	HeapTuple	statistics;

	if (context == NULL)
		context = AllocSetContextCreate(CacheMemoryContext, "taskcrm sample of titles", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(context);
	title_count = 0;
	trigram_count = 0;
	/* After a change announced from here on, the statistics must be read again. */
	is_read = true;
	read_from = table;
	/* ANALYZE may not have run yet. */
	statistics = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table),
								 Int16GetDatum(get_attnum(table, "title")), BoolGetDatum(false));
	if (!HeapTupleIsValid(statistics))
		return;
	add_titles(statistics, STATISTIC_KIND_MCV);
	add_titles(statistics, STATISTIC_KIND_HISTOGRAM);
	ReleaseSysCache(statistics);
	add_trigrams();
}

static void
refresh_sample(void)
{
	Oid			table = cluster_shard_of("task");

	if (!is_read || table != read_from)
		read_sample(table);
}

/*
 * Returns whether a term is in so many titles that scanning the list is faster than the
 * index.  term: in the database encoding; without_accents: accents are ignored too.  Returns
 * false if there is no sample.
 */
bool
sample_is_common(const char *term, bool without_accents)
{
	Datum		wanted = CStringGetTextDatum(term);
	FmgrInfo	match = {.fn_addr = without_accents ? tc_text_contains_unaccented : tc_text_contains, .fn_nargs = 2,
	.fn_strict = true, .fn_mcxt = CurrentMemoryContext};
	double		share = 0;
	int			seen = 0;
	bool		is_common;

	if (!is_read || cluster_is_distributed())
		refresh_sample();
	for (int i = 0; i < title_count && seen < SEEN_OFTEN && share < COMMON_SHARE; i++)
	{
		if (!DatumGetBool(FunctionCall2(&match, titles[i].title, wanted)))
			continue;
		if (titles[i].share > 0)
			share += titles[i].share;
		else
			seen++;
	}
	is_common = seen >= SEEN_OFTEN || share >= COMMON_SHARE;
	decision_log("searching for a %s", is_common ? "common term, along the list" : "rare term, in the index");
	return is_common;
}

/*
 * Returns the share of titles that have a trigram, as far as the sample shows; 0 if this session
 * has not read it.  trigram: of a text without accents.
 */
double
sample_share_of(int64 trigram)
{
	SampledTrigram wanted = {.trigram = trigram};
	const SampledTrigram *found = NULL;

	if (is_read && trigram_count > 0)
		found = bsearch(&wanted, trigrams, trigram_count, sizeof(SampledTrigram), compare_sampled);
	return found != NULL ? found->share : 0;
}
