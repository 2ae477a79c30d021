/*
 * tenant_guard.c
 *		Whether a row is of the caller's organization: before anything else is asked
 *		of it.
 *
 * The condition org_id = tc_current_org() of a policy is what indexes serve.  In a scan
 * that filters, though, the planner puts conditions in order by what they cost, those of
 * the caller too where their operators are LEAKPROOF: title >= 'x' costs less than the
 * policy.  A function of the caller that takes no argument leaks nothing, as the planner
 * sees it, and may stand between the two; how often it is called tells then how many
 * titles of all organizations there are from 'x' on, and by and by what they are.
 *
 * So each policy has the same condition once more, as a function whose support function
 * says that it costs nothing.  A condition that the server knows no cost of, such as
 * due_date IS NULL, costs no less, and a function of the caller's with the smallest COST
 * costs more.  Among conditions that cost the same the planner keeps the order in which
 * they come, and those of policies come first.  The policy on app_user asks is_colleague
 * (see member_cache.c) in the same way.
 *
 * Statements of our own have no conditions of a caller in them.  There it becomes
 * org_id = tc_current_org(), which the planner merges with the same condition beside it.
 * It does not become true: a permissive policy that an administrator adds is OR-ed with
 * ours, and then this is what keeps tenants apart.  A plan belongs to the role it was
 * made for, so that one made for the tables' owner is never a client's.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "parser/parse_func.h"
#include "utils/typcache.h"

#include "db/owner.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(tc_is_current_org);
PG_FUNCTION_INFO_V1(tc_is_current_org_support);
PG_FUNCTION_INFO_V1(tc_is_colleague_support);

/*
 * is_current_org(org_id uuid) returns boolean
 */
Datum
tc_is_current_org(PG_FUNCTION_ARGS)
{
	const Identity *identity = identity_of_statement(fcinfo);

	PG_RETURN_BOOL(identity->has_org &&
				   memcmp(PG_GETARG_UUID_P(0)->data, identity->org_id.data, UUID_LEN) == 0);
}

/* Answers the planner's question what a call costs: nothing.  False for another question. */
static bool
answer_cost(Node *request)
{
	if (!IsA(request, SupportRequestCost))
		return false;
	((SupportRequestCost *) request)->startup = 0;
	((SupportRequestCost *) request)->per_tuple = 0;
	return true;
}

/*
 * The condition argument = tc_current_org(), or NULL where the extension does not have
 * that function.
 */
static Node *
make_org_comparison(Node *argument)
{
	List	   *name = list_make2(makeString(pstrdup("taskcrm")), makeString(pstrdup("tc_current_org")));
	Oid			function = LookupFuncName(name, 0, NULL, true);
	Oid			operator = lookup_type_cache(UUIDOID, TYPECACHE_EQ_OPR)->eq_opr;
	Expr	   *comparison;

	if (!OidIsValid(function))
		return NULL;
	comparison = make_opclause(operator, BOOLOID, false, (Expr *) argument,
							   (Expr *) makeFuncExpr(function, UUIDOID, NIL, InvalidOid, InvalidOid,
													 COERCE_EXPLICIT_CALL),
							   InvalidOid, InvalidOid);
	set_opfuncid((OpExpr *) comparison);
	return (Node *) comparison;
}

/*
 * is_current_org_support(internal) returns internal
 *
 * Tells the planner that the function costs nothing; that it takes away nothing, since
 * the comparison beside it does; and what it becomes in our own statements.
 */
Datum
tc_is_current_org_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (answer_cost(request))
		PG_RETURN_POINTER(request);
	if (IsA(request, SupportRequestSelectivity))
	{
		((SupportRequestSelectivity *) request)->selectivity = 1.0;
		PG_RETURN_POINTER(request);
	}
	if (IsA(request, SupportRequestSimplify) && owner_runs())
		PG_RETURN_POINTER(make_org_comparison(linitial(((SupportRequestSimplify *) request)->fcall->args)));
	PG_RETURN_POINTER(NULL);
}

/*
 * is_colleague_support(internal) returns internal
 *
 * Tells the planner that it costs nothing.
 */
Datum
tc_is_colleague_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	PG_RETURN_POINTER(answer_cost(request) ? request : NULL);
}
