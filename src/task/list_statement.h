/*
 * list_statement.h
 *		The text and the arguments of the statements that read lists of tasks.
 */
#ifndef TASKCRM_LIST_STATEMENT_H
#define TASKCRM_LIST_STATEMENT_H

#include "lib/stringinfo.h"

#include "task/list_own.h"
#include "task/list_query.h"
#include "task/list_tree_sql.h"

/* The organization, the filters, a search's second parameter, the tree, and the cursor or the rest. */
#define MAX_PARAMETERS (1 + FILTER_COUNT + 1 + LIST_OWN_MAX + TREE_MAX_ARGUMENTS + ORDER_MAX_COLUMNS)

/* What is read, in which way, and the statement for it: text and arguments are built together. */
typedef struct ListQuery
{
	const TaskFilters *filters;
	ListQueryKind	what;
	ListQueryPart	part;
	int			driver;			/* index of the link filter that drives the scan, or -1 */
	bool		links_suffice;	/* if a link is visible, the caller may read its task */
	bool		open_links;		/* the links of open tasks stand for all links */
	bool		links_only;		/* the task rows themselves are not needed */
	bool		reads_many;		/* many rows of tasks that the driver finds are counted */
	bool		visits_each_link;	/* and looks up its task by its key alone */
	int64		limit;			/* number of wanted rows; 0 for all, or if the kind has
								 * its own limit */
	int64		offset;			/* number of rows to skip */
	Datum		ids;			/* of the given tasks */
	ListQueryLock lock;
	int64		lock_limit;		/* of LIST_QUERY_LOCK */
	const ListGroups *groups;	/* of LIST_QUERY_GROUPS and its like */
	Datum		reassign[4];	/* the arguments of LIST_QUERY_REASSIGN */
	int			term;			/* the parameter with the term of ORDER_RELEVANCE */
	StringInfo	sql;			/* NULL if only the arguments are wanted */
	int			count;
	Datum		values[MAX_PARAMETERS];
	Oid			types[MAX_PARAMETERS];
} ListQuery;

/* What distinguishes the statements of each ListQueryKind. */
typedef struct ListKind
{
	const char *selection;		/* how it begins, if that does not depend on the filters */
	bool		is_ordered;		/* a page of a list */
	bool		reads_among;	/* reads only given tasks */
	bool		reads_counters; /* reads the counters and no tasks */
	bool		selects_columns;	/* of the task itself, other than id */
	bool		depends_on_values;	/* the best plan does, whatever the filters */
} ListKind;

extern const ListKind list_statement_kinds[];

static inline const ListKind *
list_statement_kind(const ListQuery *query)
{
	return &list_statement_kinds[query->what];
}


extern bool list_statement_walks_tasks(const ListQuery *query);
extern int	list_statement_row_class(const ListQuery *query);
extern void list_statement_compose(ListQuery *query, const pg_uuid_t *org_id);

#endif
