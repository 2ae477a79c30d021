/*
 * list_tree_set.h
 *		Conditions of a tree on what is linked to a task.
 */
#ifndef TASKCRM_LIST_TREE_SET_H
#define TASKCRM_LIST_TREE_SET_H

#include "task/list_tree_leaf.h"

extern bool tree_set_is_name(const JsonbValue *value, const char *name);
extern bool tree_set_has_names(const JsonbValue *value);
extern void tree_set_append(TreeLeaf *leaf, const JsonbValue *value);

#endif
