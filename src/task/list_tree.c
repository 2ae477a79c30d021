/*
 * list_tree.c
 *		Reads a tree of conditions, the filter "where" of lists.
 *
 * A condition is an object.  Its members are and, or, not and fields; all of them must hold.
 * "not" is carried down to the comparisons, so that only AND and OR remain above them and
 * each comparison can be written in the way that an index serves.
 *
 * A comparison that must hold by itself, and that a filter of lists can express, becomes
 * that filter: then a list with a tree is read, counted and ordered as one without.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "task/list_tree.h"
#include "task/list_tree_leaf.h"
#include "task/list_tree_set.h"

typedef struct TreeReader
{
	TaskFilters *filters;
	const Identity *identity;
	TreeLift	lift;
	void	   *lift_state;
	TreeSql    *sql;
	StringInfoData path;		/* of what is read, for messages */
	int			depth;
	bool		is_of_view;		/* conditions of a view are added to those of a list */
} TreeReader;

/* Conditions of which all must hold, or any. */
typedef struct TreeGroup
{
	TreeReader *reader;
	const char *separator;
	bool		is_root;		/* all of them must hold, by themselves */
	bool		negated;
	int			count;
	TreeField	field;			/* of comparisons */
} TreeGroup;

/* Which comparisons mean the same as a filter. */
static const struct
{
	TreeSubject subject;
	int			field;
	TreeComparator comparator;
	TaskFilterKey filter;
}			lifts[] = {
	{TREE_COLUMN, TASK_ID, TREE_EQ, FILTER_IDS},
	{TREE_COLUMN, TASK_ID, TREE_IN, FILTER_IDS},
	{TREE_COLUMN, TASK_TITLE, TREE_CONTAINS, FILTER_TITLE},
	{TREE_COLUMN, TASK_TITLE, TREE_CONTAINS_UNACCENTED, FILTER_TITLE},
	{TREE_COLUMN, TASK_ACCOUNT, TREE_EQ, FILTER_ACCOUNT},
	{TREE_COLUMN, TASK_ACCOUNT, TREE_IN, FILTER_ACCOUNT},
	{TREE_COLUMN, TASK_CREATED_BY, TREE_EQ, FILTER_CREATED_BY},
	{TREE_COLUMN, TASK_CREATED_BY, TREE_IN, FILTER_CREATED_BY},
	{TREE_COLUMN, TASK_COMPLETED_BY, TREE_EQ, FILTER_COMPLETED_BY},
	{TREE_COLUMN, TASK_COMPLETED_BY, TREE_IN, FILTER_COMPLETED_BY},
	{TREE_COLUMN, TASK_DUE_DATE, TREE_EQ, FILTER_DUE_DATE},
	{TREE_COLUMN, TASK_DUE_DATE, TREE_GTE, FILTER_DUE_DATE_GTE},
	{TREE_COLUMN, TASK_DUE_DATE, TREE_LTE, FILTER_DUE_DATE_LTE},
	{TREE_COLUMN, TASK_DUE_DATE, TREE_NULL, FILTER_NO_DUE_DATE},
	{TREE_COLUMN, TASK_CREATED_ON, TREE_GTE, FILTER_CREATED_ON_GTE},
	{TREE_COLUMN, TASK_CREATED_ON, TREE_LTE, FILTER_CREATED_ON_LTE},
	{TREE_COLUMN, TASK_UPDATED_ON, TREE_GTE, FILTER_UPDATED_ON_GTE},
	{TREE_COLUMN, TASK_UPDATED_ON, TREE_LTE, FILTER_UPDATED_ON_LTE},
	{TREE_COLUMN, TASK_COMPLETED_ON, TREE_GTE, FILTER_COMPLETED_ON_GTE},
	{TREE_COLUMN, TASK_COMPLETED_ON, TREE_LTE, FILTER_COMPLETED_ON_LTE},
	{TREE_ASSIGNEES, 0, TREE_ANY, FILTER_ASSIGNED_TO},
	{TREE_ASSIGNEES, 0, TREE_EMPTY, FILTER_UNASSIGNED},
	{TREE_CONTACTS, 0, TREE_ANY, FILTER_CONTACT},
	{TREE_TEAMS, 0, TREE_ANY, FILTER_TEAM},
	{TREE_SEARCH, 0, TREE_CONTAINS, FILTER_SEARCH},
	{TREE_SEARCH, 0, TREE_CONTAINS_UNACCENTED, FILTER_SEARCH}
};

static void read_condition(TreeReader *reader, const JsonbValue *value, bool negated, bool is_root);
static void read_field_member(void *state, const char *name, const JsonbValue *value);

tc_noreturn static void
refuse_tree(TreeReader *reader, const char *detail, const char *hint)
{
	JsonReadKey key = {.key = reader->path.data};

	json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, detail, hint);
}

/* Appends to the path; returns its former length, for leave_path(). */
static int
enter_path(TreeReader *reader, const char *separator, const char *name)
{
	int			length = reader->path.len;

	appendStringInfo(&reader->path, "%s%s", separator, name);
	return length;
}

static void
leave_path(TreeReader *reader, int length)
{
	reader->path.len = length;
	reader->path.data[length] = '\0';
}

/* Appends what is before a condition that must hold by itself. */
static void
begin_at_root(TreeReader *reader, bool is_root)
{
	if (is_root)
		tree_sql_text(reader->sql, " AND ");
}

/*
 * Begins a group.  conjunction: all of its conditions must hold, before negation; size: how
 * many they are.
 */
static TreeGroup
begin_group(TreeReader *reader, bool conjunction, int size, bool negated, bool is_root)
{
	bool		is_and = conjunction != negated;
	TreeGroup	group = {.reader = reader, .separator = is_and ? " AND " : " OR ",
	.is_root = is_root && (is_and || size == 1), .negated = negated};

	if (!group.is_root)
	{
		begin_at_root(reader, is_root);
		tree_sql_text(reader->sql, "(");
	}
	return group;
}

static void
next_in_group(TreeGroup *group)
{
	if (!group->is_root && group->count > 0)
		tree_sql_text(group->reader->sql, "%s", group->separator);
	group->count++;
}

static void
end_group(TreeGroup *group)
{
	if (!group->is_root)
		tree_sql_text(group->reader->sql, ")");
}

/* --- comparisons --- */

/* Makes an array of the labels in a set of bits. */
static void
labels_as_json(const LabelSet *set, uint32 labels, JsonbValue *value)
{
	JsonbParseState *state = NULL;
	Jsonb	   *array;

	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < set->count; i++)
	{
		JsonbValue	label = {.type = jbvString};

		if ((labels & ((uint32) 1 << i)) == 0)
			continue;
		label.val.string.val = unconstify(char *, set->labels[i]);
		label.val.string.len = (int) strlen(set->labels[i]);
		(void) pushJsonbValue(&state, WJB_ELEM, &label);
	}
	array = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
	value->type = jbvBinary;
	value->val.binary.data = &array->root;
	value->val.binary.len = (int) (VARSIZE(array) - VARHDRSZ);
}

/* Applies a comparison of a status or priority as a filter, if one can express it. */
static bool
lift_labels(TreeReader *reader, const TreeLeaf *leaf, const JsonbValue *value)
{
	const LabelSet *set = task_fields[leaf->field.field].labels;
	uint32		labels = tree_leaf_labels(leaf, value);
	JsonbValue	array;

	if (labels == 0)
		return false;
	labels_as_json(set, labels, &array);
	return reader->lift(reader->lift_state, leaf->field.field == TASK_STATUS ? FILTER_STATUS : FILTER_PRIORITY,
						leaf->comparator, &leaf->key, &array);
}

/* Applies a comparison as a filter, if one can express it. */
static bool
lift_leaf(TreeReader *reader, const TreeLeaf *leaf, const JsonbValue *value)
{
	JsonbValue	opposite = {.type = jbvBool};
	bool		is_flag = leaf->comparator == TREE_NULL || leaf->comparator == TREE_EMPTY;

	if (leaf->field.subject == TREE_COLUMN && task_fields[leaf->field.field].labels != NULL)
		return lift_labels(reader, leaf, value);
	if ((leaf->negated && !is_flag) || tree_set_has_names(value) || json_read_is_empty(value))
		return false;
	for (int i = 0; i < (int) lengthof(lifts); i++)
	{
		if (lifts[i].subject != leaf->field.subject || lifts[i].comparator != leaf->comparator ||
			(lifts[i].subject == TREE_COLUMN && lifts[i].field != leaf->field.field))
			continue;
		if (!leaf->negated)
			return reader->lift(reader->lift_state, lifts[i].filter, leaf->comparator, &leaf->key, value);
		opposite.val.boolean = !json_read_bool(&leaf->key, value);
		return reader->lift(reader->lift_state, lifts[i].filter, leaf->comparator, &leaf->key, &opposite);
	}
	return false;
}

/* Raises 22023 for a comparator with a value of a shape that the filter would accept. */
static void
check_shape(const TreeLeaf *leaf, const JsonbValue *value)
{
	bool		is_array = value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data);

	if (is_array && leaf->comparator < TREE_ANY && leaf->comparator != TREE_IN && leaf->comparator != TREE_NOT_IN)
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected a value, not an array.", NULL);
	if (!is_array && (leaf->comparator == TREE_IN || leaf->comparator == TREE_NOT_IN))
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected an array.", NULL);
}

static void
read_comparison(void *state, const char *name, const JsonbValue *value)
{
	TreeGroup  *group = state;
	TreeReader *reader = group->reader;
	int			comparator = tree_comparator_find(name);
	TreeLeaf	leaf = {.sql = reader->sql, .identity = reader->identity, .filters = reader->filters,
	.field = group->field, .comparator = (TreeComparator) comparator, .negated = group->negated};
	int			length;

	if (comparator < 0 || !tree_field_has(&group->field, leaf.comparator))
		refuse_tree(reader, psprintf("It cannot be compared with \"%s\".", json_read_clip(name)),
					psprintf("Valid comparators are %s.", tree_field_comparators(&group->field)));
	if (++reader->sql->leaves > TREE_MAX_LEAVES)
		refuse_tree(reader, psprintf("There are more than %d comparisons.", TREE_MAX_LEAVES),
					reader->is_of_view ? "Those of the list and of its view are counted together." : NULL);
	length = enter_path(reader, ".", name);
	leaf.key = (JsonReadKey) {.key = pstrdup(reader->path.data)};
	check_shape(&leaf, value);
	next_in_group(group);
	if (!group->is_root || !lift_leaf(reader, &leaf, value))
	{
		begin_at_root(reader, group->is_root);
		tree_leaf_append(&leaf, value);
	}
	leave_path(reader, length);
}

/* --- groups --- */

/* Raises 22023 unless a value is an object with members. */
static JsonbContainer *
require_members(TreeReader *reader, const JsonbValue *value, const char *what)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_tree(reader, psprintf("Expected an object with %s.", what), NULL);
	if (JsonContainerSize(value->val.binary.data) == 0)
		refuse_tree(reader, psprintf("The object has no %s.", what), NULL);
	return value->val.binary.data;
}

/* Reads the conditions of and, or. */
static void
read_conditions(TreeReader *reader, const JsonbValue *value, bool conjunction, bool negated, bool is_root)
{
	JsonReadKey key = {.key = reader->path.data};
	JsonbValue *elements;
	TreeGroup	group;
	int			count;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse_tree(reader, "Expected an array of conditions.", NULL);
	count = json_read_values(&key, value, &elements);
	group = begin_group(reader, conjunction, count, negated, is_root);
	for (int i = 0; i < count; i++)
	{
		int			length = enter_path(reader, "", psprintf("[%d]", i));

		next_in_group(&group);
		read_condition(reader, &elements[i], negated, group.is_root);
		leave_path(reader, length);
	}
	end_group(&group);
}

static void
enter_depth(TreeReader *reader)
{
	if (++reader->depth > TREE_MAX_DEPTH)
		refuse_tree(reader, psprintf("Conditions are nested more than %d levels deep.", TREE_MAX_DEPTH), NULL);
}

/* Reads the comparisons of a field. */
static void
read_comparisons(TreeGroup *parent, const TreeField *field, const JsonbValue *value)
{
	TreeReader *reader = parent->reader;
	JsonbContainer *object = require_members(reader, value, "comparators");
	TreeGroup	group = begin_group(reader, true, (int) JsonContainerSize(object), parent->negated, parent->is_root);

	group.field = *field;
	json_read_object(object, reader->path.data, read_comparison, &group);
	end_group(&group);
}

/* Reads a member of a condition: and, or, not, or a field. */
static void
read_field_member(void *state, const char *name, const JsonbValue *value)
{
	TreeGroup  *group = state;
	TreeReader *reader = group->reader;
	int			length = enter_path(reader, ".", json_read_clip(name));
	bool		is_and = strcmp(name, "and") == 0;
	TreeField	field;

	next_in_group(group);
	if (is_and || strcmp(name, "or") == 0)
	{
		enter_depth(reader);
		read_conditions(reader, value, is_and, group->negated, group->is_root);
		reader->depth--;
	}
	else if (strcmp(name, "not") == 0)
	{
		enter_depth(reader);
		read_condition(reader, value, !group->negated, group->is_root);
		reader->depth--;
	}
	else if (tree_field_find(name, &field))
		read_comparisons(group, &field, value);
	else
		refuse_tree(reader, "There is no such field.", psprintf("Valid names are and, or, not, %s.", tree_field_names()));
	leave_path(reader, length);
}

/* Reads a condition: an object of which all members must hold. */
static void
read_condition(TreeReader *reader, const JsonbValue *value, bool negated, bool is_root)
{
	JsonbContainer *object = require_members(reader, value, "conditions");
	TreeGroup	group = begin_group(reader, true, (int) JsonContainerSize(object), negated, is_root);

	json_read_object(object, reader->path.data, read_field_member, &group);
	end_group(&group);
}

/* Begins to read conditions that are added to those that have been read.  key: where they are. */
static void
begin_tree(TreeReader *reader, const JsonReadKey *key)
{
	reader->sql = reader->filters->tree != NULL ? reader->filters->tree : tree_sql_make();
	initStringInfo(&reader->path);
	appendStringInfoString(&reader->path, key->key);
}

static void
end_tree(TreeReader *reader)
{
	if (!tree_sql_is_empty(reader->sql))
		reader->filters->tree = reader->sql;
}

/*
 * Reads a tree of conditions: an object, or a text with one.  Adds it to filters->tree, unless
 * filters express all of it.  key: for messages; lift: see there.  Returns the tree as text,
 * for links.  Raises 22023, 22007 or 22P02, naming the path.  Needs an API call in progress.
 */
char *
list_tree_read(TaskFilters *filters, const JsonReadKey *key, const JsonbValue *value,
			   const Identity *identity, TreeLift lift, void *state)
{
	TreeReader	reader = {.filters = filters, .identity = identity, .lift = lift, .lift_state = state};
	JsonbValue	tree = *value;

	if (tree.type == jbvString)
	{
		Jsonb	   *json = json_read_text(key, value, "Write the conditions as a JSON object.");

		tree.type = jbvBinary;
		tree.val.binary.data = &json->root;
		tree.val.binary.len = (int) (VARSIZE(json) - VARHDRSZ);
	}
	begin_tree(&reader, key);
	read_condition(&reader, &tree, false, true);
	end_tree(&reader);
	return JsonbToCString(NULL, tree.val.binary.data, tree.val.binary.len);
}

/* The same for the conditions of a view: an array of trees, all of which must hold. */
void
list_tree_read_view(TaskFilters *filters, const JsonReadKey *key, Jsonb *conditions,
				   const Identity *identity, TreeLift lift, void *state)
{
	TreeReader	reader = {.filters = filters, .identity = identity, .lift = lift, .lift_state = state, .is_of_view = true};
	JsonbValue	array = {.type = jbvBinary};

	array.val.binary.data = &conditions->root;
	array.val.binary.len = (int) (VARSIZE(conditions) - VARHDRSZ);
	begin_tree(&reader, key);
	read_conditions(&reader, &array, true, false, true);
	end_tree(&reader);
}

/* Writes the JSON Schema of a condition. */
void
list_tree_write_schema(JsonWriter *out)
{
	static const char *const groups[] = {"and", "or"};

	json_write_open(out, '{');
	json_write_string_member(out, "type", "object");
	json_write_string_member(out, "description",
							 "Conditions on a task, all of which must hold. Up to " CppAsString2(TREE_MAX_DEPTH)
							 " levels of and, or and not, and " CppAsString2(TREE_MAX_LEAVES) " comparisons.");
	json_write_key(out, "minProperties");
	json_write_int(out, 1);
	json_write_key(out, "properties");
	json_write_open(out, '{');
	for (int i = 0; i < (int) lengthof(groups); i++)
	{
		json_write_key(out, groups[i]);
		json_write_raw(out, CStringGetTextDatum("{\"type\":\"array\",\"minItems\":1,"
												"\"items\":{\"$ref\":\"#/components/schemas/Condition\"}}"));
	}
	json_write_key(out, "not");
	json_write_raw(out, CStringGetTextDatum("{\"$ref\":\"#/components/schemas/Condition\"}"));
	tree_field_write_schemas(out);
	json_write_close(out, '}');
	json_write_key(out, "additionalProperties");
	json_write_bool(out, false);
	json_write_close(out, '}');
}
