/*
 * estimate.c
 *		How many rows a search will find.
 *
 * A common term is found soonest by walking a list from its beginning, a rare one by
 * the index; taking one for the other costs a hundred times as much.  So the sample of
 * titles that ANALYZE keeps is searched for the term.  What stands in it several times
 * is about as common in the table.  What does not is rarer than the sample can tell,
 * and is taken to be rare: the index finds ten thousand rows faster than a walk finds
 * out that there are none.
 *
 * Lists ask here which of the two they are to do; for other statements the planner
 * does, through the operator's selectivity function.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "db/owner.h"
#include "search/contains.h"
#include "search/estimate.h"

PG_FUNCTION_INFO_V1(tc_contains_selectivity);

/* As the server has it for matches that it knows nothing of (contsel). */
#define DEFAULT_SELECTIVITY 0.001

/* Once in the sample can be that very row; this often is no accident. */
#define SEEN_OFTEN 2

/* How many rows a term is taken to be in that is not seen in the sample. */
#define UNSEEN_ROWS 50.0

/* What the sample says of a term. */
typedef struct Sighting
{
	bool		often;			/* it is common */
	double		share;			/* of the rows, as far as the sample shows */
	double		sampled;		/* the share of the rows that the sample stands for */
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
	/* The most common values stand in the statistics with their shares, all others sampled. */
	named = mcv_selectivity(variable, match, collation, term, true, &named_share);
	share = histogram_selectivity(variable, match, collation, term, true, 10, 1, &size);
	sighting.sampled = Max(1.0 - null_share - named_share, 0.0);
	share = Max(share, 0.0);	/* negative where there is no sample */
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
 * Of a term that is not known, as in a plan for any, what is said of a rare one.
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

/*
 * Whether a term is in so many tasks that a list is better walked than sought in the
 * index.  column: of taskcrm.task, title or description; term: text.  Without
 * statistics the answer is no.  Raises 55000 when the tables are missing.
 */
bool
estimate_is_common(const char *column, Datum term)
{
	Oid			table = owner_require_table("task");
	VariableStatData variable = {.vartype = TEXTOID, .atttype = TEXTOID, .atttypmod = -1, .acl_ok = true};
	FmgrInfo	match = {.fn_addr = tc_text_contains, .fn_nargs = 2, .fn_strict = true,
	.fn_mcxt = CurrentMemoryContext};
	bool		often;

	variable.statsTuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table),
										  Int16GetDatum(get_attnum(table, column)), BoolGetDatum(false));
	if (!HeapTupleIsValid(variable.statsTuple))
		return false;
	often = look_in_sample(&variable, &match, DEFAULT_COLLATION_OID, term).often;
	ReleaseSysCache(variable.statsTuple);
	return often;
}
