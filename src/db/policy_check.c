/*
 * policy_check.c
 *		Finds out which rows the policies on the tables show.
 *
 * The counters, and lists that are answered from links alone, describe tasks that are not
 * read.  This is correct only while the policies show all tasks of the organization, as
 * those that tc_install() creates do.  If an administrator has added or changed a policy,
 * the tasks must be read.
 *
 * Only policies that apply to SELECT matter.  A policy for particular roles is always
 * taken as one that hides rows: whether it applies to the owner of the tables, as which
 * the statements run, can change without an invalidation.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pg_list.h"
#include "parser/parse_func.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "db/owner.h"
#include "db/policy_check.h"
#include "db/relation_watch.h"

/* The parts of the condition in the extension's own policies. */
typedef struct OrgCondition
{
	AttrNumber	org_id;			/* the column */
	Oid			is_current_org;
	Oid			tc_current_org;
	Oid			equals;			/* the equality operator of uuid */
} OrgCondition;

/* A table and what is known about its policies. */
typedef struct PolicyTable
{
	const char *name;
	Oid			oid;			/* invalid until first looked up */
	bool		shows_all;
	uint64		known_after;	/* the value of changes when this was found */
} PolicyTable;

static PolicyTable task_table = {.name = "task"};
static PolicyTable count_table = {.name = "task_count"};
static PolicyTable link_tables[] = {
	{.name = "task_contact"},
	{.name = "task_assignee"},
	{.name = "task_team"},
	{.name = "open_link"}
};

/* Counts the changes of these tables. */
static uint64 changes = 1;

static void
policies_changed(Oid relation)
{
	bool		is_known = !OidIsValid(relation) || relation == task_table.oid || relation == count_table.oid;

	for (int i = 0; i < (int) lengthof(link_tables); i++)
		is_known = is_known || relation == link_tables[i].oid;
	if (is_known)
		changes++;
}

/* Registers for changes of the tables.  Called by _PG_init(). */
void
policy_check_init(void)
{
	relation_watch(policies_changed);
}

static bool
is_org_column(const Node *node, const OrgCondition *org)
{
	return IsA(node, Var) && ((const Var *) node)->varattno == org->org_id;
}

/* is_current_org(org_id) */
static bool
is_guard(const Node *node, const OrgCondition *org)
{
	const FuncExpr *call = (const FuncExpr *) node;

	return IsA(node, FuncExpr) && call->funcid == org->is_current_org && list_length(call->args) == 1 &&
		is_org_column(linitial(call->args), org);
}

/* org_id = tc_current_org() */
static bool
is_comparison(const Node *node, const OrgCondition *org)
{
	const OpExpr *operation = (const OpExpr *) node;
	const Node *right;

	if (!IsA(node, OpExpr) || operation->opno != org->equals || list_length(operation->args) != 2)
		return false;
	right = lsecond(operation->args);
	return is_org_column(linitial(operation->args), org) &&
		IsA(right, FuncExpr) && ((const FuncExpr *) right)->funcid == org->tc_current_org;
}

/*
 * Returns whether a condition is exactly "the row belongs to the selected organization".
 */
static bool
is_org_condition(const Node *node, const OrgCondition *org)
{
	ListCell   *cell;

	if (node == NULL)
		return false;
	if (!is_andclause(node))
		return is_guard(node, org) || is_comparison(node, org);
	foreach(cell, ((const BoolExpr *) node)->args)
	{
		if (!is_guard(lfirst(cell), org) && !is_comparison(lfirst(cell), org))
			return false;
	}
	return true;
}

static bool
is_for_public(ArrayType *roles)
{
	return ARR_NDIM(roles) == 1 && ARR_DIMS(roles)[0] == 1 &&
		((Oid *) ARR_DATA_PTR(roles))[0] == ACL_ID_PUBLIC;
}

/*
 * Returns whether the policies of a table show all rows of the organization and no
 * others.
 */
static bool
shows_all_rows(Relation table, const OrgCondition *org)
{
	bool		permits = false;
	ListCell   *cell;

	if (!table->rd_rel->relrowsecurity || !table->rd_rel->relforcerowsecurity || table->rd_rsdesc == NULL)
		return false;
	foreach(cell, table->rd_rsdesc->policies)
	{
		const RowSecurityPolicy *policy = lfirst(cell);

		if (policy->polcmd != '*' && policy->polcmd != ACL_SELECT_CHR)
			continue;
		if (!is_for_public(policy->roles) || !is_org_condition((Node *) policy->qual, org))
			return false;
		permits = permits || policy->permissive;
	}
	return permits;
}

static Oid
find_function(const char *schema, const char *name, int nargs, const Oid *argtypes)
{
	List	   *names = list_make2(makeString(pstrdup(schema)), makeString(pstrdup(name)));

	return LookupFuncName(names, nargs, argtypes, true);
}

static bool
look_up_policies(Oid table_id)
{
	Oid			uuid = UUIDOID;
	OrgCondition org = {
		.org_id = get_attnum(table_id, "org_id"),
		.is_current_org = find_function("taskcrm_internal", "is_current_org", 1, &uuid),
		.tc_current_org = find_function("taskcrm", "tc_current_org", 0, NULL),
		.equals = lookup_type_cache(UUIDOID, TYPECACHE_EQ_OPR)->eq_opr
	};
	Relation	table;
	bool		all;

	/* Another extension may add policies of its own. */
	if (row_security_policy_hook_permissive != NULL || row_security_policy_hook_restrictive != NULL)
		return false;
	table = table_open(table_id, AccessShareLock);
	all = shows_all_rows(table, &org);
	table_close(table, AccessShareLock);
	return all;
}

/* Process the invalidations of other sessions. */
static bool
shows_all(PolicyTable *table)
{
	uint64		asked_after;

	AcceptInvalidationMessages();
	if (table->known_after == changes)
		return table->shows_all;
	table->oid = owner_require_table(table->name);
	/* A change that arrives during the lookup is not part of the answer. */
	asked_after = changes;
	table->shows_all = look_up_policies(table->oid);
	table->known_after = asked_after;
	return table->shows_all;
}

/*
 * Returns whether the policies show every task of the selected organization, so that
 * links can be used in place of tasks.  Raises 55000 if the tables do not exist.
 */
bool
policy_shows_all_tasks(void)
{
	return shows_all(&task_table);
}

/*
 * Returns whether the policies show every task, and the policies on the counters every
 * counter, so that counters can be used in place of tasks.  Raises 55000 if the tables do
 * not exist.
 */
bool
policy_shows_all_counters(void)
{
	return shows_all(&task_table) && shows_all(&count_table);
}

/*
 * Returns whether the policies on links show every link, and those on the links of open
 * tasks too, so that these can be used in place of links.  Raises 55000 if the tables do not
 * exist.  Returns false if there are no copies yet, in tables of an earlier version.
 */
bool
policy_shows_all_links(void)
{
	if (!OidIsValid(get_relname_relid("open_link", get_namespace_oid("taskcrm_internal", true))))
		return false;
	for (int i = 0; i < (int) lengthof(link_tables); i++)
	{
		if (!shows_all(&link_tables[i]))
			return false;
	}
	return true;
}
