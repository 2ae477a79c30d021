/*
 * list_tree_leaf.h
 *		One comparison in a tree of conditions, as SQL.
 */
#ifndef TASKCRM_LIST_TREE_LEAF_H
#define TASKCRM_LIST_TREE_LEAF_H

#include "identity/identity.h"
#include "task/list_filter.h"
#include "task/list_tree_field.h"
#include "task/list_tree_sql.h"
#include "wire/json_read.h"

typedef struct TreeLeaf
{
	TreeSql    *sql;			/* is appended to */
	const Identity *identity;
	const TaskFilters *filters; /* for the time zone */
	JsonReadKey key;			/* the path, for messages */
	TreeField	field;
	TreeComparator comparator;
	bool		negated;		/* the opposite is wanted */
} TreeLeaf;

extern uint32 tree_leaf_labels(const TreeLeaf *leaf, const JsonbValue *value);
extern void tree_leaf_append(TreeLeaf *leaf, const JsonbValue *value);

#endif
