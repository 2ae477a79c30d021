/*
 * enum_filter.c
 *		Conditions on enums that can use an index under row-level security.
 *
 * The operators of enums are not leakproof, so behind a policy they are evaluated row by
 * row.  The functions here compare the OIDs of two labels, which reveals nothing and cannot
 * fail, and are leakproof.  For an index on the column, their support function gives the
 * planner the condition with the operator of the index.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

PG_FUNCTION_INFO_V1(tc_enum_is);
PG_FUNCTION_INFO_V1(tc_enum_is_any);
PG_FUNCTION_INFO_V1(tc_enum_filter_support);

/*
 * enum_is(value anyenum, label anyenum) returns boolean
 */
Datum
tc_enum_is(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_OID(0) == PG_GETARG_OID(1));
}

/*
 * enum_is_any(value anyenum, labels anyarray) returns boolean
 *
 * A NULL among the labels is ignored.
 */
Datum
tc_enum_is_any(PG_FUNCTION_ARGS)
{
	Oid			value = PG_GETARG_OID(0);
	ArrayType  *labels = PG_GETARG_ARRAYTYPE_P(1);
	ArrayIterator iterator = array_create_iterator(labels, 0, NULL);
	Datum		label;
	bool		isnull;

	while (array_iterate(iterator, &label, &isnull))
	{
		if (!isnull && DatumGetObjectId(label) == value)
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}

/* Makes the condition of a call with an operator.  any: the right side is an array. */
static Expr *
make_condition(Oid operator, Node *left, Node *right, bool any)
{
	ScalarArrayOpExpr *condition;

	if (!any)
		return make_opclause(operator, BOOLOID, false, (Expr *) left, (Expr *) right, InvalidOid, InvalidOid);
	condition = makeNode(ScalarArrayOpExpr);
	condition->opno = operator;
	condition->opfuncid = get_opcode(operator);
	condition->useOr = true;
	condition->args = list_make2(left, right);
	condition->location = -1;
	return (Expr *) condition;
}

static bool
is_array_argument(Node *argument)
{
	return OidIsValid(get_element_type(exprType(argument)));
}

/* Returns the equality operator of an index for a type of enum, or InvalidOid. */
static Oid
find_equality(Oid family, Oid type)
{
	Oid			operator = get_opfamily_member(family, type, type, BTEqualStrategyNumber);

	return OidIsValid(operator) ? operator : get_opfamily_member(family, ANYENUMOID, ANYENUMOID, BTEqualStrategyNumber);
}

/* Returns the conditions for an index on the first argument, or NIL. */
static List *
make_index_condition(SupportRequestIndexCondition *request)
{
	FuncExpr   *call = (FuncExpr *) request->node;
	Node	   *left;
	Node	   *right;
	Oid			operator;

	if (!IsA(call, FuncExpr) || list_length(call->args) != 2 || request->indexarg != 0 ||
		request->index->relam != BTREE_AM_OID)
		return NIL;
	left = linitial(call->args);
	right = lsecond(call->args);
	operator = find_equality(request->opfamily, exprType(left));
	if (!OidIsValid(operator) || !is_pseudo_constant_for_index(request->root, right, request->index))
		return NIL;
	request->lossy = false;
	return list_make1(make_condition(operator, left, right, is_array_argument(right)));
}

/*
 * Returns the share of rows that a call with a constant finds.  The labels are few, so that
 * nearly all of them are among the most common values; they are compared by the function of
 * the call, because the statistics may be used with leakproof functions only.
 */
static double
estimate_constant(VariableStatData *variable, Oid function, Datum value)
{
	FmgrInfo	match;
	double		common;
	double		selectivity;

	fmgr_info(function, &match);
	selectivity = mcv_selectivity(variable, &match, InvalidOid, value, true, &common);
	return selectivity > 0 ? selectivity : (1 - common) / 10;
}

/* Estimates a call. */
static void
estimate(SupportRequestSelectivity *request)
{
	Node	   *right = estimate_expression_value(request->root, lsecond(request->args));
	VariableStatData variable;
	bool		is_default;

	examine_variable(request->root, linitial(request->args), request->varRelid, &variable);
	if (IsA(right, Const) && ((Const *) right)->constisnull)
		request->selectivity = 0;
	else if (IsA(right, Const) && HeapTupleIsValid(variable.statsTuple))
		request->selectivity = estimate_constant(&variable, request->funcid, ((Const *) right)->constvalue);
	else
		request->selectivity = 1 / get_variable_numdistinct(&variable, &is_default);
	CLAMP_PROBABILITY(request->selectivity);
	ReleaseVariableStats(variable);
}

/*
 * enum_filter_support(internal) returns internal
 */
Datum
tc_enum_filter_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(make_index_condition((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity))
	{
		estimate((SupportRequestSelectivity *) request);
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}
