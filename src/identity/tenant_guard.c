/*
 * tenant_guard.c
 *		Checks that a row belongs to the caller's organization before any other
 *		condition is evaluated.
 *
 * The policy condition org_id = tc_current_org() is the one that indexes can use.  In a
 * filter, however, the planner orders conditions by cost, including those of the caller
 * if their operators are LEAKPROOF, and title >= 'x' costs less than the policy.  The
 * planner considers a function of the caller without arguments leakproof, so it may come
 * between the two.  The number of its calls would then reveal how many titles of all
 * organizations sort after 'x' and, with repeated queries, the titles themselves.
 *
 * Therefore each policy contains the condition a second time, as a function whose support
 * function sets its cost to zero.  A condition without a cost of its own, such as
 * due_date IS NULL, does not cost less, and a function of the caller costs more even with
 * the smallest COST.  The planner keeps the order of conditions of equal cost, and
 * policies come first.  The policy on app_user uses is_colleague() (see member_cache.c)
 * in the same way.
 *
 * The planner gives each restrictive policy a security level, in the order of the names of the
 * policies, and takes cheap LEAKPROOF conditions of the caller to the first level.  The
 * function is LEAKPROOF too: otherwise it would come after those conditions where another
 * policy, such as author_updates, comes before by its name.
 *
 * Statements of the extension contain no conditions of a caller.  In them, the function
 * is simplified to org_id = tc_current_org(), which the planner merges with the same
 * condition beside it.  It is not simplified to true: a permissive policy that an
 * administrator adds is OR-ed with the existing one, and then this condition separates
 * the tenants.  A plan belongs to the role that it was made for, so a plan made for the
 * owner of the tables is never used for a client.
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

/*
 * Answers the planner's request for the cost of a call: zero.  Returns false for other
 * requests.
 */
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
 * Makes the condition argument = tc_current_org(), or returns NULL if the extension does
 * not have that function.
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
 * Sets the cost of the function to zero and its selectivity to 1, because the comparison
 * beside it already selects the rows, and simplifies it in statements of the extension.
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
 * Sets the cost of the function to zero.
 */
Datum
tc_is_colleague_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	PG_RETURN_POINTER(answer_cost(request) ? request : NULL);
}
