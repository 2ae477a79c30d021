/*
 * list_tree_field.c
 *		What the conditions of a tree are about, and how it can be compared.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "task/list_tree_field.h"

#define BIT(comparator) ((uint32) 1 << (comparator))
#define EQUALITY (BIT(TREE_EQ) | BIT(TREE_NE) | BIT(TREE_IN) | BIT(TREE_NOT_IN) | BIT(TREE_NULL))
#define ORDER (BIT(TREE_LT) | BIT(TREE_LTE) | BIT(TREE_GT) | BIT(TREE_GTE))
#define TEXTS (BIT(TREE_CONTAINS) | BIT(TREE_CONTAINS_UNACCENTED))
#define SETS (BIT(TREE_ANY) | BIT(TREE_ALL) | BIT(TREE_NONE) | BIT(TREE_EMPTY))

static const char *const comparator_names[TREE_COMPARATORS] = {
	[TREE_EQ] = "eq",
	[TREE_NE] = "ne",
	[TREE_IN] = "in",
	[TREE_NOT_IN] = "not_in",
	[TREE_LT] = "lt",
	[TREE_LTE] = "lte",
	[TREE_GT] = "gt",
	[TREE_GTE] = "gte",
	[TREE_CONTAINS] = "contains",
	[TREE_CONTAINS_UNACCENTED] = "contains_unaccented",
	[TREE_NULL] = "null",
	[TREE_ANY] = "any",
	[TREE_ALL] = "all",
	[TREE_NONE] = "none",
	[TREE_EMPTY] = "empty"
};

/* What is no column; the names of filters, and those of the keys of tasks. */
static const struct
{
	const char *name;
	TreeSubject subject;
	uint32		comparators;
}			others[] = {
	{"assigned_to", TREE_ASSIGNEES, SETS},
	{"contact", TREE_CONTACTS, SETS},
	{"contacts", TREE_CONTACTS, SETS},
	{"team", TREE_TEAMS, SETS},
	{"teams", TREE_TEAMS, SETS},
	{"search", TREE_SEARCH, TEXTS},
	{"comment", TREE_COMMENT, TEXTS | BIT(TREE_EMPTY)},
	{"mentioned", TREE_MENTIONED, SETS},
	{"attachments", TREE_ATTACHMENTS, BIT(TREE_EMPTY)}
};

/* Finds what a condition is about.  Returns false if there is no such thing. */
bool
tree_field_find(const char *name, TreeField *field)
{
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (strcmp(others[i].name, name) == 0)
		{
			*field = (TreeField) {.subject = others[i].subject};
			return true;
		}
	}
	*field = (TreeField) {.subject = TREE_COLUMN, .field = task_field_by_key(name)};
	return field->field >= 0 && task_fields[field->field].column != NULL;
}

static uint32
comparators_of_column(const TaskField *field)
{
	if (field->labels != NULL)
		return EQUALITY | ORDER | BIT(TREE_CONTAINS);
	switch (field->type->oid)
	{
		case TEXTOID:
			return EQUALITY | TEXTS | (field->order != NULL ? ORDER : 0);
		case UUIDOID:
		case BOOLOID:
		case ANYENUMOID:
			return EQUALITY;
		default:
			return EQUALITY | ORDER;
	}
}

/* Returns whether a field can be compared so. */
bool
tree_field_has(const TreeField *field, TreeComparator comparator)
{
	if (field->subject == TREE_COLUMN)
		return (comparators_of_column(&task_fields[field->field]) & BIT(comparator)) != 0;
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (others[i].subject == field->subject)
			return (others[i].comparators & BIT(comparator)) != 0;
	}
	return false;
}

/* Returns the comparator with a name, or -1. */
int
tree_comparator_find(const char *name)
{
	for (int i = 0; i < TREE_COMPARATORS; i++)
	{
		if (strcmp(comparator_names[i], name) == 0)
			return i;
	}
	return -1;
}

/* Returns the name of a comparator. */
const char *
tree_comparator_name(TreeComparator comparator)
{
	return comparator_names[comparator];
}

/* Returns the names of all fields, palloc'ed, for hints. */
char *
tree_field_names(void)
{
	StringInfoData names;
	TreeField	field;

	initStringInfo(&names);
	for (int i = 0; i < task_field_count; i++)
	{
		if (tree_field_find(task_fields[i].key, &field) && field.subject == TREE_COLUMN)
			appendStringInfo(&names, "%s, ", task_fields[i].key);
	}
	for (int i = 0; i < (int) lengthof(others); i++)
		appendStringInfo(&names, "%s%s", others[i].name, i == (int) lengthof(others) - 1 ? "" : ", ");
	return names.data;
}

/* Returns the names of the comparators of a field, palloc'ed, for hints. */
char *
tree_field_comparators(const TreeField *field)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < TREE_COMPARATORS; i++)
	{
		if (tree_field_has(field, i))
			appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", comparator_names[i]);
	}
	return names.data;
}

/* Writes the JSON Schema of the value that a comparator takes. */
static void
write_value_type(JsonWriter *out, TreeComparator comparator)
{
	json_write_open(out, '{');
	if (comparator == TREE_NULL || comparator == TREE_EMPTY)
		json_write_string_member(out, "type", "boolean");
	else if (comparator == TREE_CONTAINS || comparator == TREE_CONTAINS_UNACCENTED)
		json_write_string_member(out, "type", "string");
	else if (comparator == TREE_IN || comparator == TREE_NOT_IN)
	{
		json_write_string_member(out, "type", "array");
		json_write_key(out, "maxItems");
		json_write_int(out, JSON_IN_MAX_ELEMENTS);
	}
	json_write_close(out, '}');
}

static void
write_comparisons(JsonWriter *out, const char *name)
{
	TreeField	field;

	if (!tree_field_find(name, &field))
		return;
	json_write_key(out, name);
	json_write_open(out, '{');
	json_write_string_member(out, "type", "object");
	json_write_key(out, "minProperties");
	json_write_int(out, 1);
	json_write_key(out, "properties");
	json_write_open(out, '{');
	for (int i = 0; i < TREE_COMPARATORS; i++)
	{
		if (!tree_field_has(&field, i))
			continue;
		json_write_key(out, comparator_names[i]);
		write_value_type(out, i);
	}
	json_write_close(out, '}');
	json_write_key(out, "additionalProperties");
	json_write_bool(out, false);
	json_write_close(out, '}');
}

/* Writes a member for each field: the JSON Schema of the conditions on it. */
void
tree_field_write_schemas(JsonWriter *out)
{
	TreeField	field;

	for (int i = 0; i < task_field_count; i++)
	{
		if (tree_field_find(task_fields[i].key, &field) && field.subject == TREE_COLUMN)
			write_comparisons(out, task_fields[i].key);
	}
	for (int i = 0; i < (int) lengthof(others); i++)
		write_comparisons(out, others[i].name);
}
