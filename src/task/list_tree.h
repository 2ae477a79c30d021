/*
 * list_tree.h
 *		Reads a tree of conditions, the filter "where" of lists.
 */
#ifndef TASKCRM_LIST_TREE_H
#define TASKCRM_LIST_TREE_H

#include "lib/stringinfo.h"

#include "identity/identity.h"
#include "task/list_filter.h"
#include "task/list_tree_field.h"
#include "task/list_tree_sql.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* The maximum depth of and, or and not, and the maximum number of comparisons. */
#define TREE_MAX_DEPTH 8
#define TREE_MAX_LEAVES 64

/*
 * Applies a condition as the filter that means the same.  comparator: of the condition;
 * key: of the path; returns false if the list has that filter already.
 */
typedef bool (*TreeLift) (void *state, TaskFilterKey filter, TreeComparator comparator, const JsonReadKey *key,
						  const JsonbValue *value);

extern char *list_tree_read(TaskFilters *filters, const JsonReadKey *key, const JsonbValue *value,
							const Identity *identity, TreeLift lift, void *state);
extern void list_tree_read_view(TaskFilters *filters, const JsonReadKey *key, Jsonb *conditions,
							   const Identity *identity, TreeLift lift, void *state);
extern void list_tree_write_schema(JsonWriter *out);

#endif
