/*
 * view_merge.c
 *		The filters of a view together with those of a list that uses it.
 *
 * A task must pass both.  A filter that both have becomes a condition, as in the tree "where",
 * on the side of the view, because a list has each filter once.  What says how the list is
 * shown, such as the ordering, is that of the list.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "base/compat.h"
#include "task/list_filter_spec.h"
#include "task/task_label.h"
#include "task/view_merge.h"
#include "wire/json_read.h"

/* The filters as conditions of a tree. */
static const struct
{
	TaskFilterKey filter;
	const char *field;
	const char *comparator;
	const LabelSet *labels;		/* of status and priority, which a part of a label names */
}			conditions[] = {
	{FILTER_TITLE, "title", "contains", NULL},
	{FILTER_STATUS, "status", "in", &label_status},
	{FILTER_PRIORITY, "priority", "in", &label_priority},
	{FILTER_ASSIGNED_TO, "assigned_to", "any", NULL},
	{FILTER_ACCOUNT, "account", "in", NULL},
	{FILTER_DUE_DATE, "due_date", "eq", NULL},
	{FILTER_CONTACT, "contact", "any", NULL},
	{FILTER_TEAM, "team", "any", NULL},
	{FILTER_CREATED_BY, "created_by", "in", NULL},
	{FILTER_SEARCH, "search", "contains", NULL},
	{FILTER_DUE_DATE_GTE, "due_date", "gte", NULL},
	{FILTER_DUE_DATE_LTE, "due_date", "lte", NULL},
	{FILTER_CREATED_ON_GTE, "created_on", "gte", NULL},
	{FILTER_CREATED_ON_LTE, "created_on", "lte", NULL},
	{FILTER_NO_DUE_DATE, "due_date", "null", NULL},
	{FILTER_UNASSIGNED, "assigned_to", "empty", NULL},
	{FILTER_UPDATED_ON_GTE, "updated_on", "gte", NULL},
	{FILTER_UPDATED_ON_LTE, "updated_on", "lte", NULL},
	{FILTER_COMPLETED_BY, "completed_by", "in", NULL},
	{FILTER_COMPLETED_ON_GTE, "completed_on", "gte", NULL},
	{FILTER_COMPLETED_ON_LTE, "completed_on", "lte", NULL},
	{FILTER_IDS, "id", "in", NULL}
};

/* What says how a list is shown, in which time zone its days begin, and whether accents matter. */
static const TaskFilterKey shown[] = {
	FILTER_TIME_ZONE, FILTER_ACCENTS, FILTER_COUNT, FILTER_TOTALS, FILTER_EXPAND, FILTER_ORDERING, FILTER_LIMIT, FILTER_OFFSET, FILTER_CURSOR
};

typedef struct ViewMerge
{
	Jsonb	   *list;
	bool		without_accents;	/* the terms of the view ignore accents */
	bool		keeps_terms;	/* those of the list do so too */
	StringInfoData members;		/* of the result, as JSON */
	StringInfoData conditions;	/* of the view, as JSON */
} ViewMerge;

static void
append_separator(StringInfo out)
{
	if (out->len > 0)
		appendStringInfoChar(out, ',');
}

static char *
value_text(const JsonbValue *value)
{
	JsonbValue	copy = *value;
	Jsonb	   *json = JsonbValueToJsonb(&copy);

	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

static void
append_member(StringInfo out, const char *name, const JsonbValue *value)
{
	append_separator(out);
	escape_json(out, name);
	appendStringInfo(out, ":%s", value_text(value));
}

static bool
is_named(const char *name, TaskFilterKey key)
{
	return strcmp(name, list_filter_key(key)) == 0;
}

static bool
is_about_showing(const char *name)
{
	for (int i = 0; i < (int) lengthof(shown); i++)
	{
		if (is_named(name, shown[i]))
			return true;
	}
	return false;
}

/* Returns whether the list has a filter. */
static bool
list_has(const ViewMerge *merge, const char *name)
{
	JsonbValue	found;

	return getKeyJsonValueFromContainer(&merge->list->root, name, (int) strlen(name), &found) != NULL &&
		!json_read_is_empty(&found);
}

/* Sets whether accents matter in the terms of a view, and whether that is the same in the list. */
static void
read_accents_of_both(ViewMerge *merge, Jsonb *view)
{
	JsonReadKey key = {.key = list_filter_key(FILTER_ACCENTS)};
	JsonbValue	found;

	if (getKeyJsonValueFromContainer(&view->root, key.key, (int) strlen(key.key), &found) != NULL && !json_read_is_empty(&found))
		merge->without_accents = !json_read_bool(&key, &found);
	merge->keeps_terms = !list_has(merge, key.key);
	if (!merge->keeps_terms &&
		getKeyJsonValueFromContainer(&merge->list->root, key.key, (int) strlen(key.key), &found) != NULL)
		merge->keeps_terms = merge->without_accents == !json_read_bool(&key, &found);
}

static bool
is_term(const char *name)
{
	return is_named(name, FILTER_TITLE) || is_named(name, FILTER_SEARCH);
}

static bool
is_json_array_value(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data);
}

/* Returns the labels that texts name, as a JSON array. */
static char *
labels_text(const char *name, const LabelSet *set, const JsonbValue *value)
{
	JsonReadKey key = {.key = name};
	StringInfoData text;
	char	  **texts;
	int			ntexts = json_read_strings(&key, value, &texts);

	initStringInfo(&text);
	for (int i = 0; i < ntexts; i++)
	{
		uint32		labels = label_match(set, texts[i]);

		/* The tree knows what is no label, such as open. */
		if (labels == 0)
		{
			append_separator(&text);
			escape_json(&text, texts[i]);
		}
		for (int label = 0; label < set->count; label++)
		{
			if ((labels & ((uint32) 1 << label)) == 0)
				continue;
			append_separator(&text);
			escape_json(&text, set->labels[label]);
		}
	}
	return psprintf("[%s]", text.data);
}

static void
append_view_condition(ViewMerge *merge, const char *field, const char *comparator, const char *value, bool is_array)
{
	bool		wraps = !is_array && strcmp(comparator, "in") == 0;

	append_separator(&merge->conditions);
	appendStringInfoChar(&merge->conditions, '{');
	escape_json(&merge->conditions, field);
	appendStringInfo(&merge->conditions, ":{\"%s\":%s%s%s}}", comparator, wraps ? "[" : "", value, wraps ? "]" : "");
}

/* Appends the filter overdue, which is about two fields. */
static void
append_overdue(ViewMerge *merge, const JsonbValue *value)
{
	JsonReadKey key = {.key = list_filter_key(FILTER_OVERDUE)};
	bool		overdue = json_read_bool(&key, value);

	append_separator(&merge->conditions);
	appendStringInfo(&merge->conditions, "%s{\"due_date\":{\"lt\":\"today\"},\"status\":{\"ne\":\"Completed\"}}%s",
					 overdue ? "" : "{\"not\":", overdue ? "" : "}");
}

/* Appends a filter on a column that an administrator added. */
static void
append_own_condition(ViewMerge *merge, const char *name, const JsonbValue *value)
{
	const char *suffix = strstr(name, "__");
	char	   *column = suffix == NULL ? pstrdup(name) : pnstrdup(name, suffix - name);

	append_view_condition(merge, column, suffix == NULL || strcmp(suffix, "__in") == 0 ? "in" : suffix + 2,
						  value_text(value), is_json_array_value(value));
}

/* Appends a filter of the view that the list has too. */
static void
append_as_condition(ViewMerge *merge, const char *name, const JsonbValue *value)
{
	if (is_named(name, FILTER_OVERDUE))
	{
		append_overdue(merge, value);
		return;
	}
	for (int i = 0; i < (int) lengthof(conditions); i++)
	{
		const LabelSet *labels = conditions[i].labels;

		if (!is_named(name, conditions[i].filter))
			continue;
		append_view_condition(merge, conditions[i].field,
							  merge->without_accents && is_term(name) ? "contains_unaccented" : conditions[i].comparator,
							  labels != NULL ? labels_text(name, labels, value) : value_text(value),
							  labels != NULL || is_json_array_value(value));
		return;
	}
	append_own_condition(merge, name, value);
}

/* Appends a tree: an object, or a text with one. */
static void
append_tree_of(ViewMerge *merge, const JsonbValue *value)
{
	append_separator(&merge->conditions);
	if (value->type == jbvString)
	{
		char	   *text = pnstrdup(value->val.string.val, value->val.string.len);
		Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));

		appendStringInfoString(&merge->conditions, JsonbToCString(NULL, &json->root, VARSIZE(json)));
	}
	else
		appendStringInfoString(&merge->conditions, value_text(value));
}

static void
merge_member_of_view(void *state, const char *name, const JsonbValue *value)
{
	ViewMerge  *merge = state;

	if (json_read_is_empty(value))
		return;
	if (is_named(name, FILTER_WHERE))
		append_tree_of(merge, value);
	else if (!list_has(merge, name) && (merge->keeps_terms || !is_term(name)))
		append_member(&merge->members, name, value);
	else if (!is_about_showing(name))
		append_as_condition(merge, name, value);
}

static void
merge_member_of_list(void *state, const char *name, const JsonbValue *value)
{
	ViewMerge  *merge = state;

	if (json_read_is_empty(value))
		return;
	append_member(&merge->members, name, value);
}

static Jsonb *
parse_merged(const char *json)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

/*
 * Returns the filters of a list that has those of a view and its own, and sets *of_view to an
 * array of conditions of the view, which a task must satisfy besides; NULL for none.  view,
 * list: objects.
 */
Jsonb *
view_merge(Jsonb *view, Jsonb *list, Jsonb **of_view)
{
	ViewMerge	merge = {.list = list};

	read_accents_of_both(&merge, view);
	initStringInfo(&merge.members);
	initStringInfo(&merge.conditions);
	json_read_object(&view->root, "filters", merge_member_of_view, &merge);
	json_read_object(&list->root, "filters", merge_member_of_list, &merge);
	*of_view = merge.conditions.len > 0 ? parse_merged(psprintf("[%s]", merge.conditions.data)) : NULL;
	return parse_merged(psprintf("{%s}", merge.members.data));
}
