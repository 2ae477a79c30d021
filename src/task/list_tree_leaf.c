/*
 * list_tree_leaf.c
 *		One comparison in a tree of conditions, as SQL.
 *
 * A comparison is true or false, never unknown: a missing value fails all but null, ne and
 * not_in.  A condition that is not negated may be NULL where it has to be false, because
 * only AND and OR are above it; an index can serve it then.  A negated one must be true.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "task/list_date.h"
#include "task/list_tree_leaf.h"
#include "task/list_tree_set.h"
#include "wire/json_read.h"

/* The values of a comparison. */
typedef struct LeafValues
{
	int			count;
	Datum	   *values;
	Datum	   *lasts;			/* of instants: the ends of spans */
	bool		has_spans;		/* some of them are no single instants */
	bool		nobody;			/* @nobody is among them, besides values */
} LeafValues;

static const TaskField *
column_of_leaf(const TreeLeaf *leaf)
{
	return &task_fields[leaf->field.field];
}

static const char *
leaf_expression(const TreeLeaf *leaf)
{
	const TaskField *field = column_of_leaf(leaf);

	return field->order != NULL ? field->order : psprintf("t.%s", field->column);
}

static bool
is_nullable(const TreeLeaf *leaf)
{
	return column_of_leaf(leaf)->nullable || column_of_leaf(leaf)->is_own;
}

static bool
is_user(const TreeLeaf *leaf)
{
	return leaf->field.field == TASK_CREATED_BY || leaf->field.field == TASK_COMPLETED_BY;
}

tc_noreturn static void
refuse_value(const TreeLeaf *leaf, int sqlstate, const char *text, const char *what, const char *hint)
{
	json_read_invalid(&leaf->key, sqlstate, psprintf("\"%s\" is %s.", json_read_clip(text), what), hint);
}

/* Raises 22023 if a value is no array. */
static void
require_array(const TreeLeaf *leaf, const JsonbValue *value)
{
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected an array.", NULL);
}

/* --- statuses and priorities --- */

/* Returns the labels that "open" stands for, as bits; none if a set has no such word. */
static uint32
open_labels(const LabelSet *set)
{
	if (set != &label_status)
		return 0;
	return (((uint32) 1 << set->count) - 1) & ~((uint32) 1 << label_find(set, "Completed"));
}

/* Returns whether a comparator is about the order of values. */
static bool
is_ordering(TreeComparator comparator)
{
	return comparator >= TREE_LT && comparator <= TREE_GTE;
}

/* Returns the labels that a text means, as bits.  Raises 22023 if there are none. */
static uint32
match_labels(const TreeLeaf *leaf, const char *text)
{
	const LabelSet *set = column_of_leaf(leaf)->labels;
	int			exact = label_find(set, text);
	uint32		open = is_ordering(leaf->comparator) ? 0 : open_labels(set);
	uint32		matches = 0;

	if (open != 0 && pg_strcasecmp(text, "open") == 0)
		matches = open;
	else if (leaf->comparator == TREE_CONTAINS)
		matches = label_match(set, text);
	else if (exact >= 0)
		matches = (uint32) 1 << exact;
	if (matches == 0)
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There is no %s \"%s\".", column_of_leaf(leaf)->key, json_read_clip(text)),
						  psprintf("Valid values are %s%s.", label_list(set), open == 0 ? "" : ", and open"));
	return matches;
}

/* Returns the labels that are before or after one. */
static uint32
ordered_labels(TreeComparator comparator, uint32 label, uint32 all)
{
	uint32		before = label - 1;

	if (comparator == TREE_LT)
		return before;
	if (comparator == TREE_LTE)
		return before | label;
	return comparator == TREE_GT ? all & ~(before | label) : all & ~before;
}

/*
 * Returns the labels for which a comparison of a status or priority is true, as bits.
 * Raises 22023.
 */
uint32
tree_leaf_labels(const TreeLeaf *leaf, const JsonbValue *value)
{
	uint32		all = ((uint32) 1 << column_of_leaf(leaf)->labels->count) - 1;
	TreeComparator comparator = leaf->comparator;
	uint32		wanted = 0;
	char	  **texts;

	if (comparator == TREE_NULL)
		wanted = json_read_bool(&leaf->key, value) ? 0 : all;
	else if (comparator == TREE_IN || comparator == TREE_NOT_IN)
	{
		int			count;

		require_array(leaf, value);
		count = json_read_strings(&leaf->key, value, &texts);
		for (int i = 0; i < count; i++)
			wanted |= match_labels(leaf, texts[i]);
	}
	else
		wanted = match_labels(leaf, json_read_string(&leaf->key, value));
	if (is_ordering(comparator))
		wanted = ordered_labels(comparator, wanted, all);
	if ((comparator == TREE_NE || comparator == TREE_NOT_IN) != leaf->negated)
		wanted = all & ~wanted;
	return wanted;
}

static void
append_label_condition(const TreeLeaf *leaf, const JsonbValue *value)
{
	const LabelSet *set = column_of_leaf(leaf)->labels;
	uint32		wanted = tree_leaf_labels(leaf, value);
	Datum		labels[lengthof(set->labels)];
	int			count = 0;

	for (int i = 0; i < set->count; i++)
	{
		if (wanted & ((uint32) 1 << i))
			labels[count++] = CStringGetTextDatum(set->labels[i]);
	}
	if (count == 0 || count == set->count)
	{
		tree_sql_text(leaf->sql, count == 0 ? "false" : "true");
		return;
	}
	tree_sql_text(leaf->sql, count == 1 ? "%s = " : "%s = ANY (", leaf_expression(leaf));
	if (count == 1)
		tree_sql_argument(leaf->sql, TEXTOID, labels[0]);
	else
		tree_sql_argument(leaf->sql, TEXTARRAYOID,
						  PointerGetDatum(construct_array(labels, count, TEXTOID, -1, false, TYPALIGN_INT)));
	tree_sql_text(leaf->sql, count == 1 ? "::taskcrm.%s" : "::taskcrm.%s[])", set->type);
}

/* --- values of other columns --- */

/* Reads a value of a time; returns false for one of another kind. */
static bool
read_span(const TreeLeaf *leaf, const JsonbValue *value, LeafValues *values, int place)
{
	InstantSpan span;

	if (value->type != jbvString ||
		!list_date_parse_span(pnstrdup(value->val.string.val, value->val.string.len),
							  leaf->filters->zone, &span))
		return false;
	values->values[place] = TimestampTzGetDatum(span.first);
	values->lasts[place] = TimestampTzGetDatum(span.last);
	values->has_spans = values->has_spans || span.first != span.last;
	return true;
}

static bool
read_day_of_leaf(const TreeLeaf *leaf, const JsonbValue *value, Datum *result)
{
	DateADT		date;

	if (value->type != jbvString ||
		!list_date_parse_day(pnstrdup(value->val.string.val, value->val.string.len),
							 leaf->filters->zone, &date))
		return false;
	*result = DateADTGetDatum(date);
	return true;
}

/* Reads "@me" where users are compared; returns false for anything else. */
static bool
read_user_name(const TreeLeaf *leaf, const JsonbValue *value, LeafValues *values, int place)
{
	if (!is_user(leaf) || !tree_set_is_name(value, "@me"))
		return false;
	values->values[place] = UUIDPGetDatum(&leaf->identity->user_id);
	return true;
}

static bool
is_nobody(const TreeLeaf *leaf, const JsonbValue *value)
{
	return is_user(leaf) && tree_set_is_name(value, "@nobody");
}

/* Says how days and times are written, if a value is none. */
static void
explain_times(const TreeLeaf *leaf, const JsonbValue *value)
{
	Oid			type = column_of_leaf(leaf)->type->oid;

	if (column_of_leaf(leaf)->is_own || value->type != jbvString)
		return;
	if (type == DATEOID)
		refuse_value(leaf, ERRCODE_INVALID_DATETIME_FORMAT,
					 pnstrdup(value->val.string.val, value->val.string.len), "not a date", LIST_DATE_HINT);
	if (type == TIMESTAMPTZOID)
		refuse_value(leaf, ERRCODE_INVALID_DATETIME_FORMAT,
					 pnstrdup(value->val.string.val, value->val.string.len), "neither a date nor a time",
					 LIST_INSTANT_HINT);
}

static void
read_leaf_value(const TreeLeaf *leaf, const JsonbValue *value, LeafValues *values, int place)
{
	const TaskField *field = column_of_leaf(leaf);

	if (value->type == jbvNull)
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be null.",
						  "Compare with {\"null\": true}.");
	if (read_user_name(leaf, value, values, place))
		return;
	if (field->type->oid == TIMESTAMPTZOID && read_span(leaf, value, values, place))
		return;
	if (field->type->oid == DATEOID && read_day_of_leaf(leaf, value, &values->values[place]))
		return;
	explain_times(leaf, value);
	values->values[place] = field->type->read(&leaf->key, field, value);
	values->lasts[place] = values->values[place];
}

/* Reads the value, or for in and not_in the values. */
static void
read_leaf_values(const TreeLeaf *leaf, const JsonbValue *value, LeafValues *values)
{
	bool		several = leaf->comparator == TREE_IN || leaf->comparator == TREE_NOT_IN;
	JsonbValue *elements = unconstify(JsonbValue *, value);
	int			count = 1;

	memset(values, 0, sizeof(*values));
	if (several)
	{
		require_array(leaf, value);
		count = json_read_values(&leaf->key, value, &elements);
	}
	values->values = palloc(sizeof(Datum) * count);
	values->lasts = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
	{
		if (is_nobody(leaf, &elements[i]))
			values->nobody = true;
		else
			read_leaf_value(leaf, &elements[i], values, values->count++);
	}
}

/* Appends an array of values as a parameter. */
static void
append_array(const TreeLeaf *leaf, Datum *values, int count)
{
	Oid			type = task_field_type(leaf->field.field);
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	tree_sql_argument(leaf->sql, get_array_type(type),
					  PointerGetDatum(construct_array(values, count, type, length, by_value, alignment)));
}

/* --- conditions on columns --- */

static void
append_null(const TreeLeaf *leaf, bool is_null)
{
	tree_sql_text(leaf->sql, is_null ? "%s IS NULL" : "%s IS NOT NULL", leaf_expression(leaf));
}

/* Begins and ends a condition that is wanted or not.  A missing value makes it false. */
static void
begin_truth(const TreeLeaf *leaf, bool wanted)
{
	tree_sql_text(leaf->sql, wanted ? "(" : is_nullable(leaf) ? "((" : "NOT (");
}

static void
end_truth(const TreeLeaf *leaf, bool wanted)
{
	tree_sql_text(leaf->sql, wanted || !is_nullable(leaf) ? ")" : ") IS NOT TRUE)");
}

/* Appends that the column is one of the values, or that it is none of them. */
static void
append_equality(const TreeLeaf *leaf, const LeafValues *values, bool wanted)
{
	const char *expression = leaf_expression(leaf);
	Oid			type = task_field_type(leaf->field.field);
	bool		one = values->count == 1;

	if (values->count == 0)
	{
		append_null(leaf, wanted);
		return;
	}
	begin_truth(leaf, wanted);
	if (values->has_spans)
	{
		tree_sql_text(leaf->sql, "EXISTS (SELECT FROM unnest(");
		append_array(leaf, values->values, values->count);
		tree_sql_text(leaf->sql, ", ");
		append_array(leaf, values->lasts, values->count);
		tree_sql_text(leaf->sql, ") AS r (first, last) WHERE %s BETWEEN r.first AND r.last)", expression);
	}
	else
	{
		if (type != column_of_leaf(leaf)->type->oid)
			tree_sql_text(leaf->sql, one ? "taskcrm_internal.enum_is(%s, " : "taskcrm_internal.enum_is_any(%s, ", expression);
		else
			tree_sql_text(leaf->sql, one ? "(%s = " : "(%s = ANY (", expression);
		if (one)
			tree_sql_argument(leaf->sql, type, values->values[0]);
		else
			append_array(leaf, values->values, values->count);
		tree_sql_text(leaf->sql, one || type != column_of_leaf(leaf)->type->oid ? ")" : "))");
	}
	if (values->nobody)
	{
		tree_sql_text(leaf->sql, " OR ");
		append_null(leaf, true);
	}
	end_truth(leaf, wanted);
}

/* Appends that an instant is in a span, so that an index serves it, or that it is not. */
static void
append_in_span(const TreeLeaf *leaf, const LeafValues *values, bool wanted)
{
	begin_truth(leaf, wanted);
	tree_sql_text(leaf->sql, "%s BETWEEN ", leaf_expression(leaf));
	tree_sql_argument(leaf->sql, TIMESTAMPTZOID, values->values[0]);
	tree_sql_text(leaf->sql, " AND ");
	tree_sql_argument(leaf->sql, TIMESTAMPTZOID, values->lasts[0]);
	end_truth(leaf, wanted);
}

static void
append_order_condition(const TreeLeaf *leaf, const LeafValues *values, bool wanted)
{
	static const char *const operators[] = {"<", "<=", ">", ">="};
	bool		by_last = leaf->comparator == TREE_LTE || leaf->comparator == TREE_GT;
	bool		is_instant = column_of_leaf(leaf)->type->oid == TIMESTAMPTZOID;

	if (values->nobody)
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE, "Users have no order.", NULL);
	begin_truth(leaf, wanted);
	tree_sql_text(leaf->sql, "%s %s ", leaf_expression(leaf), operators[leaf->comparator - TREE_LT]);
	tree_sql_argument(leaf->sql, task_field_type(leaf->field.field),
					  is_instant && by_last ? values->lasts[0] : values->values[0]);
	end_truth(leaf, wanted);
}

static void
append_column_condition(const TreeLeaf *leaf, const JsonbValue *value)
{
	bool		wanted = !leaf->negated;
	LeafValues	values;

	if (leaf->comparator == TREE_NULL)
	{
		append_null(leaf, json_read_bool(&leaf->key, value) == wanted);
		return;
	}
	if (leaf->comparator == TREE_CONTAINS || leaf->comparator == TREE_CONTAINS_UNACCENTED)
	{
		begin_truth(leaf, wanted);
		tree_sql_text(leaf->sql, leaf->comparator == TREE_CONTAINS ? "%s OPERATOR(taskcrm.@~) " : "%s OPERATOR(taskcrm.@~~) ",
					  leaf_expression(leaf));
		tree_sql_argument(leaf->sql, TEXTOID, CStringGetTextDatum(list_value_term(&leaf->key, value)));
		end_truth(leaf, wanted);
		return;
	}
	read_leaf_values(leaf, value, &values);
	if (leaf->comparator >= TREE_LT)
	{
		append_order_condition(leaf, &values, wanted);
		return;
	}
	if (leaf->comparator == TREE_NE || leaf->comparator == TREE_NOT_IN)
		wanted = !wanted;
	if (values.has_spans && values.count == 1)
		append_in_span(leaf, &values, wanted);
	else
		append_equality(leaf, &values, wanted);
}

/* --- the rest --- */

static void
append_search(const TreeLeaf *leaf, const JsonbValue *value)
{
	Datum		term = CStringGetTextDatum(list_value_term(&leaf->key, value));
	const char *contains = leaf->comparator == TREE_CONTAINS ? "text_contains" : "text_contains_unaccented";

	tree_sql_text(leaf->sql, "(taskcrm_internal.%s(t.title, ", contains);
	tree_sql_argument(leaf->sql, TEXTOID, term);
	tree_sql_text(leaf->sql, ") OR taskcrm_internal.%s(t.description, ", contains);
	tree_sql_argument(leaf->sql, TEXTOID, term);
	tree_sql_text(leaf->sql, leaf->negated ? ")) IS NOT TRUE" : "))");
}

/*
 * Appends a comparison as a condition over taskcrm.task t.  Raises 22023, 22007 or 22P02,
 * naming the path.  Needs an API call in progress.
 */
void
tree_leaf_append(TreeLeaf *leaf, const JsonbValue *value)
{
	if (leaf->field.subject == TREE_SEARCH)
		append_search(leaf, value);
	else if (leaf->field.subject != TREE_COLUMN)
		tree_set_append(leaf, value);
	else if (column_of_leaf(leaf)->labels != NULL)
		append_label_condition(leaf, value);
	else
		append_column_condition(leaf, value);
}
