/*
 * statistics_hook.c
 *		Limits what the planner, and through EXPLAIN a client, learns from statistics.
 *
 * ANALYZE computes statistics from the rows of all organizations.  A client with SELECT
 * sees the planner's estimates in EXPLAIN, and could find out, condition by condition,
 * which values other organizations have and how many of each.  Therefore a plan for a
 * user whom row-level security binds uses none of them: no values, no frequencies, no
 * widths, no extended statistics.
 *
 * Such a plan uses only what follows from the catalogs, which anybody can read: types,
 * keys, and the number of rows of a table.  It assumes that one row in ORG_SHARE belongs
 * to the client's organization, and that this part of a table has as many values of a
 * foreign key as the same part of the referenced table has rows.
 *
 * Statements of the API run as the owner of the tables and are planned with all
 * statistics; so are the statements of superusers.
 *
 * A plan for a client also leaves out indexes that neither begin with the client's
 * organization nor contain it.  EXPLAIN (ANALYZE) shows how many rows a scan found and a
 * filter removed, which would reveal whether another organization has a value.
 *
 * A client's first statement may be planned before the library is loaded.  The functions
 * in the policies have support functions in the library.  The planner calls them when it
 * simplifies expressions, which is before it looks at any statistics.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "optimizer/plancat.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "db/owner.h"
#include "db/statistics_hook.h"

/*
 * The assumed share of an organization in a table.  It is too large for a small
 * organization, where that does little harm, and too small for one that owns most rows,
 * whose rows are still read by indexes.
 */
#define ORG_SHARE 20

/*
 * The assumed number of distinct values in columns of other types, and the share of
 * NULLs.
 */
#define DATES 365
#define OTHER_VALUES 100
#define NULL_SHARE 0.2

static get_relation_stats_hook_type next_relation_stats = NULL;
static get_index_stats_hook_type next_index_stats = NULL;
static get_attavgwidth_hook_type next_average_width = NULL;
static get_relation_info_hook_type next_relation_info = NULL;

static bool
is_ours(Oid table)
{
	return owner_schema_is_ours(get_rel_namespace(table));
}

/*
 * Returns whether a plan for a user must not depend on the contents of a table.  user:
 * InvalidOid for the current user.
 */
static bool
is_hidden(Oid table, Oid user)
{
	if (!is_ours(table))
		return false;
	if (!OidIsValid(user))
		user = GetUserId();
	return owner_of_table(table) != user && check_enable_rls(table, user, true) == RLS_ENABLED;
}

/* Returns the table that the statement names, if rti is a partition of it. */
static RangeTblEntry *
get_named_entry(PlannerInfo *root, Index rti)
{
	while (root->append_rel_array != NULL && root->append_rel_array[rti] != NULL)
	{
		Index		parent = root->append_rel_array[rti]->parent_relid;

		if (root->simple_rte_array[parent]->rtekind != RTE_RELATION)
			break;
		rti = parent;
	}
	return root->simple_rte_array[rti];
}

static bool
is_entry_hidden(PlannerInfo *root, RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION && is_hidden(rte->relid, tc_checked_user(root, rte));
}

static bool
is_relation_hidden(PlannerInfo *root, RangeTblEntry *rte)
{
	for (int rti = 1; rti < root->simple_rel_array_size; rti++)
	{
		if (root->simple_rte_array[rti] == rte)
			return is_entry_hidden(root, get_named_entry(root, rti));
	}
	return is_entry_hidden(root, rte);
}

/*
 * Returns whether a table, or the partitioned table that it belongs to, is hidden
 * wherever a statement names it.
 */
static bool
is_table_hidden(PlannerInfo *root, Oid table)
{
	for (int rti = 1; rti < root->simple_rel_array_size; rti++)
	{
		RangeTblEntry *rte = root->simple_rte_array[rti];

		if (rte != NULL && rte->rtekind == RTE_RELATION && rte->relid == table &&
			is_entry_hidden(root, get_named_entry(root, rti)))
			return true;
	}
	return false;
}

/*
 * Returns the table that a column refers to as the last column of a foreign key, or
 * InvalidOid.
 */
static Oid
get_referenced_table(Relation relation, AttrNumber column)
{
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(relation))
	{
		ForeignKeyCacheInfo *key = lfirst_node(ForeignKeyCacheInfo, cell);

		if (key->conkey[key->nkeys - 1] == column)
			return key->confrelid;
	}
	return InvalidOid;
}

/* Returns the number of rows of a table, as VACUUM or ANALYZE last counted them. */
static double
get_row_count(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	double		rows = 0;

	if (HeapTupleIsValid(tuple))
	{
		rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return Max(rows, 0);
}

static int
count_labels(Oid enum_type)
{
	CatCList   *labels = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(enum_type));
	int			count = labels->n_members;

	ReleaseCatCacheList(labels);
	return Max(count, 1);
}

/*
 * Returns the assumed number of distinct values of a column, as in
 * pg_statistic.stadistinct: a number, or a negative share of the rows.
 */
static double
get_distinct(Relation relation, Form_pg_attribute column)
{
	const char *name = NameStr(column->attname);
	Oid			referenced;

	if (strcmp(name, "org_id") == 0)
		return ORG_SHARE;
	referenced = get_referenced_table(relation, column->attnum);
	if (OidIsValid(referenced))
		return Max(rint(get_row_count(referenced) / ORG_SHARE), 1);
	switch (column->atttypid)
	{
		case BOOLOID:
			return 2;
		case DATEOID:
			return DATES;
		case UUIDOID:
		case TIMESTAMPTZOID:
		case TEXTOID:
			/* Unique among the rows of an organization. */
			return -1.0 / ORG_SHARE;
		default:
			return type_is_enum(column->atttypid) ? count_labels(column->atttypid) : OTHER_VALUES;
	}
}

/* Makes the pg_statistic row that replaces the one made by ANALYZE. */
static HeapTuple
make_statistics(Oid table, AttrNumber number)
{
	Relation	relation = table_open(table, NoLock);
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), number - 1);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(table);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(number);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(column->attnotnull ? 0.0f : (float4) NULL_SHARE);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(get_typavgwidth(column->atttypid, column->atttypmod));
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum((float4) get_distinct(relation, column));
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		/* Kind, operator and collation are 0: the slot is empty. */
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	}
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	table_close(relation, NoLock);
	return tuple;
}

static bool
relation_stats(PlannerInfo *root, RangeTblEntry *rte, AttrNumber column, VariableStatData *variable)
{
	if (rte->rtekind == RTE_RELATION && is_relation_hidden(root, rte))
	{
		/* System columns and whole-row references have no statistics. */
		variable->statsTuple = column > 0 ? make_statistics(rte->relid, column) : NULL;
		variable->freefunc = heap_freetuple;
		return true;
	}
	return next_relation_stats != NULL && next_relation_stats(root, rte, column, variable);
}

/* For the expressions of an index. */
static bool
index_stats(PlannerInfo *root, Oid index, AttrNumber column, VariableStatData *variable)
{
	if (is_table_hidden(root, IndexGetRelation(index, false)))
	{
		variable->statsTuple = NULL;
		return true;
	}
	return next_index_stats != NULL && next_index_stats(root, index, column, variable);
}

/*
 * Returns the average width of a column.  The server calls this hook without naming the
 * user of the plan, so the current user counts, also for a view.
 *
 * Plans of the extension do not depend on it, because they find their rows by an index.
 * Reading the width from pg_statistic would load that row, for each column of a list,
 * into the memory of each session.
 */
static int32
average_width(Oid table, AttrNumber column)
{
	if ((is_ours(table) && owner_plans()) || is_hidden(table, InvalidOid))
	{
		/*
		 * Handles a table or one of its indexes.  The planner has the relation open;
		 * looking the column up in the cache would read its pg_attribute entry again.
		 */
		Relation	relation = relation_open(table, NoLock);
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);
		int32		width = get_typavgwidth(attribute->atttypid, attribute->atttypmod);

		relation_close(relation, NoLock);
		return width;
	}
	return next_average_width != NULL ? next_average_width(table, column) : 0;
}

/*
 * Returns whether a scan of an index finds only rows of the client's organization,
 * because the policy is one of its conditions.  BRIN returns more rows than asked for.
 * For tables without org_id, only the key qualifies.
 */
static bool
is_index_safe(const IndexOptInfo *index, AttrNumber org_column, AttrNumber id_column)
{
	if (index->relam == BRIN_AM_OID)
		return false;
	if (org_column == InvalidAttrNumber)
		return index->nkeycolumns == 1 && index->indexkeys[0] == id_column;
	for (int i = 0; i < index->nkeycolumns; i++)
	{
		if (index->indexkeys[i] == org_column)
			return true;
	}
	return false;
}

static void
relation_info(PlannerInfo *root, Oid table, bool is_parent, RelOptInfo *rel)
{
	AttrNumber	org_column;
	AttrNumber	id_column;
	ListCell   *cell;

	if (next_relation_info != NULL)
		next_relation_info(root, table, is_parent, rel);
	if (!is_entry_hidden(root, get_named_entry(root, rel->relid)))
		return;
	/* Objects made with CREATE STATISTICS. */
	rel->statlist = NIL;
	org_column = get_attnum(table, "org_id");
	id_column = get_attnum(table, "id");
	foreach(cell, rel->indexlist)
	{
		if (!is_index_safe(lfirst_node(IndexOptInfo, cell), org_column, id_column))
			rel->indexlist = foreach_delete_current(rel->indexlist, cell);
	}
}

/* Installs the hooks.  Called by _PG_init(). */
void
statistics_hook_init(void)
{
	next_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = relation_stats;
	next_index_stats = get_index_stats_hook;
	get_index_stats_hook = index_stats;
	next_average_width = get_attavgwidth_hook;
	get_attavgwidth_hook = average_width;
	next_relation_info = get_relation_info_hook;
	get_relation_info_hook = relation_info;
}
