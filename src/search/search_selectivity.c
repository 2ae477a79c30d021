/*
 * search_selectivity.c
 *		Estimates for the planner how many rows a search finds.
 *
 * If the planner has statistics of a column, the term is searched for in their sample.  A
 * term that occurs in it several times is about as common in the table.  Other terms are
 * rarer than the sample can show and are estimated as rare: the index finds ten thousand
 * rows faster than a scan finds out that there are none.
 *
 * Plans of clients have no statistics of these tables (statistics_hook.c).  Lists of
 * tasks use search_sample.c, because planning for each term would take longer than the
 * search.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

PG_FUNCTION_INFO_V1(tc_contains_selectivity);

/* As the server estimates matches without any statistics (contsel). */
#define DEFAULT_SELECTIVITY 0.001

/* A single match in the sample may be chance; this many are not. */
#define SEEN_OFTEN 2

/* The assumed number of rows with a term that does not occur in the sample. */
#define UNSEEN_ROWS 50.0

/* What the sample shows about a term. */
typedef struct Sighting
{
	bool		often;			/* it is common */
	double		share;			/* share of the rows, as far as the sample shows */
	double		sampled;		/* share of the rows that the sample represents */
} Sighting;

static Sighting
look_in_sample(VariableStatData *variable, FmgrInfo *match, Oid collation, Datum term)
{
	Sighting	sighting = {0};
	double		null_share = 0;
	double		named_share;
	double		named;
	double		share;
	int			size;

	if (HeapTupleIsValid(variable->statsTuple))
		null_share = ((Form_pg_statistic) GETSTRUCT(variable->statsTuple))->stanullfrac;
	/*
	 * The statistics contain the most common values with their frequencies, and a sample
	 * of all others.
	 */
	named = mcv_selectivity(variable, match, collation, term, true, &named_share);
	share = histogram_selectivity(variable, match, collation, term, true, 10, 1, &size);
	sighting.sampled = Max(1.0 - null_share - named_share, 0.0);
	share = Max(share, 0.0);	/* negative if there is no sample */
	sighting.share = named + share * sighting.sampled;
	sighting.often = share * (size - 2) > SEEN_OFTEN - 0.5 || named >= SEEN_OFTEN * DEFAULT_SELECTIVITY;
	return sighting;
}

static double
get_selectivity(VariableStatData *variable, Oid function, Oid collation, Datum term)
{
	double		rows = variable->rel != NULL ? variable->rel->tuples : 0;
	double		unseen = rows > 0 ? Min(UNSEEN_ROWS / rows, DEFAULT_SELECTIVITY) : DEFAULT_SELECTIVITY;
	FmgrInfo	match;
	Sighting	sighting;

	fmgr_info(function, &match);
	sighting = look_in_sample(variable, &match, collation, term);
	return sighting.often ? sighting.share : sighting.share + unseen * sighting.sampled;
}

/*
 * contains_selectivity(internal, oid, internal, integer) returns double precision
 *
 * An unknown term, as in a generic plan, is estimated as rare.
 */
Datum
tc_contains_selectivity(PG_FUNCTION_ARGS)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid			function = get_opcode(PG_GETARG_OID(1));
	List	   *arguments = (List *) PG_GETARG_POINTER(2);
	VariableStatData variable;
	Node	   *other;
	bool		on_left;
	double		selectivity = DEFAULT_SELECTIVITY;

	if (!get_restriction_variable(root, arguments, PG_GETARG_INT32(3), &variable, &other, &on_left))
		PG_RETURN_FLOAT8(selectivity);
	if (on_left && IsA(other, Const) && ((Const *) other)->constisnull)
		selectivity = 0;
	else if (on_left && IsA(other, Const) && statistic_proc_security_check(&variable, function))
		selectivity = get_selectivity(&variable, function, PG_GET_COLLATION(), ((Const *) other)->constvalue);
	else if (variable.rel != NULL && variable.rel->tuples > 0)
		selectivity = Min(UNSEEN_ROWS / variable.rel->tuples, DEFAULT_SELECTIVITY);
	ReleaseVariableStats(variable);
	CLAMP_PROBABILITY(selectivity);
	PG_RETURN_FLOAT8(selectivity);
}
