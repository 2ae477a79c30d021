/*
 * list_tree_field.h
 *		What the conditions of a tree are about, and how it can be compared.
 */
#ifndef TASKCRM_LIST_TREE_FIELD_H
#define TASKCRM_LIST_TREE_FIELD_H

#include "task/task_fields.h"
#include "wire/json_write.h"

typedef enum TreeComparator
{
	TREE_EQ,
	TREE_NE,
	TREE_IN,
	TREE_NOT_IN,
	TREE_LT,
	TREE_LTE,
	TREE_GT,
	TREE_GTE,
	TREE_CONTAINS,
	TREE_CONTAINS_UNACCENTED,
	TREE_NULL,
	TREE_ANY,
	TREE_ALL,
	TREE_NONE,
	TREE_EMPTY,
	TREE_COMPARATORS
} TreeComparator;

typedef enum TreeSubject
{
	TREE_COLUMN,				/* a column of the task */
	TREE_ASSIGNEES,
	TREE_CONTACTS,
	TREE_TEAMS,
	TREE_SEARCH,				/* title and description */
	TREE_COMMENT,
	TREE_MENTIONED,
	TREE_ATTACHMENTS
} TreeSubject;

typedef struct TreeField
{
	TreeSubject subject;
	int			field;			/* index into task_fields, of a column */
} TreeField;

extern bool tree_field_find(const char *name, TreeField *field);
extern bool tree_field_has(const TreeField *field, TreeComparator comparator);
extern int	tree_comparator_find(const char *name);
extern const char *tree_comparator_name(TreeComparator comparator);
extern char *tree_field_names(void);
extern char *tree_field_comparators(const TreeField *field);
extern void tree_field_write_schemas(JsonWriter *out);

#endif
