/*
 * estimate.c
 *		How many rows the planner is told that a search will find.
 *
 * A common term is found soonest by walking a list from its beginning, a rare one by
 * the index; taking one for the other costs a hundred times as much.  So the sample of
 * titles that ANALYZE keeps is searched for the term.  What stands in it several times
 * is about as common in the table.  What does not is rarer than the sample can tell,
 * and is taken to be rare: the index finds ten thousand rows faster than a walk finds
 * out that there are none.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

PG_FUNCTION_INFO_V1(tc_contains_selectivity);

/* As the server has it for matches that it knows nothing of (contsel). */
#define DEFAULT_SELECTIVITY 0.001

/* Once in the sample can be that very row; this often is no accident. */
#define SEEN_OFTEN 2

/* How many rows a term is taken to be in that is not seen in the sample. */
#define UNSEEN_ROWS 50.0

static double
unseen_selectivity(const VariableStatData *variable)
{
	double		rows = variable->rel != NULL ? variable->rel->tuples : 0;

	return rows > 0 ? Min(UNSEEN_ROWS / rows, DEFAULT_SELECTIVITY) : DEFAULT_SELECTIVITY;
}

/* Of the rows whose value is none of the most common. */
static double
sampled_selectivity(VariableStatData *variable, FmgrInfo *match, Oid collation, Datum term)
{
	int			size;
	double		share = histogram_selectivity(variable, match, collation, term, true, 10, 1, &size);

	if (share < 0 || share * (size - 2) < SEEN_OFTEN - 0.5)
		return unseen_selectivity(variable);
	return share;
}

static double
statistics_selectivity(VariableStatData *variable, Oid function, Oid collation, Datum term)
{
	FmgrInfo	match;
	double		common_share;
	double		common;
	double		null_share = 0;

	if (HeapTupleIsValid(variable->statsTuple))
		null_share = ((Form_pg_statistic) GETSTRUCT(variable->statsTuple))->stanullfrac;
	fmgr_info(function, &match);
	common = mcv_selectivity(variable, &match, collation, term, true, &common_share);
	return common + sampled_selectivity(variable, &match, collation, term) *
		Max(1.0 - null_share - common_share, 0.0);
}

/*
 * contains_selectivity(internal, oid, internal, integer) returns double precision
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
		selectivity = statistics_selectivity(&variable, function, PG_GET_COLLATION(),
											 ((Const *) other)->constvalue);
	ReleaseVariableStats(variable);
	CLAMP_PROBABILITY(selectivity);
	PG_RETURN_FLOAT8(selectivity);
}
