/*
 * group_value.c
 *		The values that groups of tasks have: as JSON, for people, and as filters of a list.
 *
 * The filters of a group are added to those of all groups, in the place of equal ones.  They
 * never let more through: a filter on the value itself that a caller has sent leaves tasks only
 * in groups whose value passes it, and a range of days is narrowed.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "task/group_value.h"
#include "task/list_filter_spec.h"
#include "task/own_column_type.h"
#include "task/task_fields.h"
#include "wire/datetime.h"
#include "wire/json_write.h"

/* The groups by due date: their key, and for people. */
static const struct
{
	const char *key;
	const char *label;
}			due_names[DUE_GROUPS] = {
	[DUE_OVERDUE] = {"overdue", "Overdue"},
	[DUE_PAST] = {"past", "Past"},
	[DUE_TODAY] = {"today", "Today"},
	[DUE_THIS_WEEK] = {"this_week", "This week"},
	[DUE_LATER] = {"later", "Later"},
	[DUE_NONE] = {"none", "No due date"}
};

/* --- closed sets --- */

static int
all_labels(const Grouping *grouping, const TaskFilters *filters, NullableDatum **values)
{
	const TaskFilter *filter = &filters->filters[grouping->kind->filter];
	const LabelSet *set = grouping->kind->labels;
	int			count = 0;

	*values = palloc0(sizeof(NullableDatum) * lengthof(set->labels));
	for (int i = 0; i < set->count; i++)
	{
		if (filter->ntexts == 0 || (filter->labels & ((uint32) 1 << i)) != 0)
			(*values)[count++].value = CStringGetTextDatum(set->labels[i]);
	}
	return count;
}

static int
all_due_groups(NullableDatum **values)
{
	*values = palloc0(sizeof(NullableDatum) * DUE_GROUPS);
	for (int i = 0; i < DUE_GROUPS; i++)
		(*values)[i].value = Int32GetDatum(i);
	return DUE_GROUPS;
}

/* The values of a column's type, and none if it may be NULL. */
static int
all_of_type(const TaskField *field, NullableDatum **values)
{
	Datum	   *of_type;
	int			count = own_column_type_values(field, &of_type);

	*values = palloc0(sizeof(NullableDatum) * (count + 1));
	for (int i = 0; i < count; i++)
		(*values)[i].value = of_type[i];
	if (count > 0 && !field->required)
		(*values)[count++].isnull = true;
	return count;
}

/*
 * Sets the values of all groups that there can be, in their order.  Returns their number, or
 * 0 if they are not a closed set.  filters: of all groups.
 */
int
group_value_all(const Grouping *grouping, const TaskFilters *filters, NullableDatum **values)
{
	switch (grouping->kind->values)
	{
		case GROUP_LABELS:
			return all_labels(grouping, filters, values);
		case GROUP_DUE:
			return all_due_groups(values);
		case GROUP_OWN:
			return all_of_type(&task_fields[grouping->field], values);
		case GROUP_IDS:
		case GROUP_PERIODS:
			break;
	}
	return 0;
}

/* --- JSON --- */

static void
write_group_value(JsonWriter *out, const Grouping *grouping, Datum value)
{
	switch (grouping->kind->values)
	{
		case GROUP_LABELS:
			json_write_text(out, value);
			break;
		case GROUP_IDS:
			json_write_uuid(out, DatumGetUUIDP(value));
			break;
		case GROUP_DUE:
			json_write_string(out, due_names[DatumGetInt32(value)].key);
			break;
		case GROUP_PERIODS:
			json_write_date(out, DatumGetDateADT(value));
			break;
		case GROUP_OWN:
			task_fields[grouping->field].type->write_json(out, value);
			break;
	}
}

/* Returns a value as JSON, null for none. */
Datum
group_value_key(const Grouping *grouping, NullableDatum value)
{
	JsonWriter	out;

	json_write_begin(&out);
	if (value.isnull)
		json_write_null(&out);
	else
		write_group_value(&out, grouping, value.value);
	return json_write_end(&out);
}

/* Returns the name of a period: a day, a week as ISO 8601 numbers it, or a month. */
static char *
name_period(GroupPeriod period, DateADT first)
{
	int			year;
	int			month;
	int			day;

	j2date(first + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (period == PERIOD_MONTH)
		return psprintf("%04d-%02d", year, month);
	if (period == PERIOD_WEEK)
		return psprintf("%04d-W%02d", date2isoyear(year, month, day), date2isoweek(year, month, day));
	return psprintf("%04d-%02d-%02d", year, month, day);
}

/*
 * Returns the text of a value for people, as JSON: null without a value.  key: from
 * group_value_key(), which it is if nothing else is known.
 */
Datum
group_value_label(const Grouping *grouping, NullableDatum value, Datum key)
{
	text	   *json = DatumGetTextPP(key);
	JsonWriter	out;

	if (value.isnull || *VARDATA_ANY(json) == '"')
	{
		if (value.isnull || (grouping->kind->values != GROUP_DUE && grouping->kind->values != GROUP_PERIODS))
			return key;
	}
	json_write_begin(&out);
	if (grouping->kind->values == GROUP_DUE)
		json_write_string(&out, due_names[DatumGetInt32(value.value)].label);
	else if (grouping->kind->values == GROUP_PERIODS)
		json_write_string(&out, name_period(grouping->period, DatumGetDateADT(value.value)));
	else
		json_write_text(&out, key);
	return json_write_end(&out);
}

/* Returns a name, a text, as JSON: null for NULL. */
Datum
group_value_name(NullableDatum name)
{
	JsonWriter	out;

	json_write_begin(&out);
	if (name.isnull)
		json_write_null(&out);
	else
		json_write_text(&out, name.value);
	return json_write_end(&out);
}

/* --- filters --- */

static void
write_day(JsonWriter *out, TaskFilterKey key, DateADT day)
{
	json_write_key(out, list_filter_key(key));
	json_write_date(out, day);
}

/* Writes the first day of a range unless the caller's begins later, and its last day. */
static void
write_due_range(JsonWriter *out, const TaskFilters *filters, DateADT first, DateADT last)
{
	const TaskFilter *from = &filters->filters[FILTER_DUE_DATE_GTE];
	const TaskFilter *until = &filters->filters[FILTER_DUE_DATE_LTE];

	if (!DATE_IS_NOBEGIN(first) && (!from->present || DatumGetDateADT(from->value) < first))
		write_day(out, FILTER_DUE_DATE_GTE, first);
	if (!DATE_IS_NOEND(last) && (!until->present || DatumGetDateADT(until->value) > last))
		write_day(out, FILTER_DUE_DATE_LTE, last);
}

static void
write_yes(JsonWriter *out, TaskFilterKey key)
{
	json_write_key(out, list_filter_key(key));
	json_write_bool(out, true);
}

static void
write_due_filters(JsonWriter *out, const TaskFilters *filters, DueGroup group)
{
	DateADT		today = datetime_today(filters->zone);
	DateADT		sunday = datetime_monday_of(today) + 6;

	switch (group)
	{
		case DUE_OVERDUE:
			write_yes(out, FILTER_OVERDUE);
			break;
		case DUE_PAST:
			json_write_string_member(out, list_filter_key(FILTER_STATUS), "Completed");
			write_due_range(out, filters, DATEVAL_NOBEGIN, today - 1);
			break;
		case DUE_TODAY:
			write_day(out, FILTER_DUE_DATE, today);
			break;
		case DUE_THIS_WEEK:
			write_due_range(out, filters, today + 1, sunday);
			break;
		case DUE_LATER:
			write_due_range(out, filters, sunday + 1, DATEVAL_NOEND);
			break;
		case DUE_NONE:
		case DUE_GROUPS:
			write_yes(out, FILTER_NO_DUE_DATE);
			break;
	}
}

/* Returns the day after the last one of a period. */
static DateADT
end_period(GroupPeriod period, DateADT first)
{
	int			year;
	int			month;
	int			day;

	if (period != PERIOD_MONTH)
		return first + (period == PERIOD_DAY ? 1 : 7);
	j2date(first + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return date2j(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - POSTGRES_EPOCH_JDATE;
}

static void
write_period_filters(JsonWriter *out, const Grouping *grouping, const TaskFilters *filters, DateADT first)
{
	const TaskFilter *from = &filters->filters[FILTER_CREATED_ON_GTE];
	const TaskFilter *until = &filters->filters[FILTER_CREATED_ON_LTE];
	pg_tz	   *zone = filters->zone;
	DateADT		end = end_period(grouping->period, first);

	if (!from->present || DatumGetTimestampTz(from->value) < datetime_start_of(first, zone))
		write_day(out, FILTER_CREATED_ON_GTE, first);
	if (!until->present || DatumGetTimestampTz(until->value) >= datetime_start_of(end, zone))
		write_day(out, FILTER_CREATED_ON_LTE, end - 1);
}

/* Returns whether a filter reads a value: it refuses texts that the API does not write. */
static bool
is_readable(const TaskField *field, Datum value)
{
	text	   *string;

	if (field->max_length == 0)
		return true;
	string = DatumGetTextPP(value);
	return VARSIZE_ANY_EXHDR(string) > 0 &&
		pg_mbstrlen_with_len(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string)) <= field->max_length;
}

static bool
is_filterable(const Grouping *grouping, NullableDatum value)
{
	return value.isnull || grouping->kind->values != GROUP_OWN || is_readable(&task_fields[grouping->field], value.value);
}

static Datum
json_of(const char *json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/* Returns the tree of the list, without that of a view, or an empty one. */
static Datum
get_tree(const TaskFilters *filters)
{
	const TaskFilter *where = &filters->filters[FILTER_WHERE];

	return json_of(where->ntexts > 0 ? where->texts[0] : "{}");
}

/*
 * Writes the tree of the list with the condition that a field has no value.  All members of
 * a tree and all comparisons of a field must hold, so it is added to them.
 */
static void
write_tree_without(JsonWriter *out, const TaskFilters *filters, const char *field, const char *comparator)
{
	Datum		tree = get_tree(filters);
	Datum		added = json_of(psprintf("{\"%s\": true}", comparator));
	JsonbValue	found;

	if (getKeyJsonValueFromContainer(&DatumGetJsonbP(tree)->root, field, (int) strlen(field), &found) != NULL &&
		found.type == jbvBinary && JsonContainerIsObject(found.val.binary.data))
		added = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(JsonbValueToJsonb(&found)), added);
	added = json_of(psprintf("{\"%s\": %s}", field, JsonbToCString(NULL, &DatumGetJsonbP(added)->root, -1)));
	tree = DirectFunctionCall2(jsonb_concat, tree, added);
	json_write_key(out, list_filter_key(FILTER_WHERE));
	json_write_raw(out, CStringGetTextDatum(JsonbToCString(NULL, &DatumGetJsonbP(tree)->root, -1)));
}

static void
write_null_filter(JsonWriter *out, const Grouping *grouping, const TaskFilters *filters)
{
	if (grouping->kind->links == TASK_ASSIGNED_TO)
		write_yes(out, FILTER_UNASSIGNED);
	else if (grouping->kind->values == GROUP_OWN)
		write_tree_without(out, filters, task_fields[grouping->field].key, "null");
	else
		write_tree_without(out, filters, list_filter_key(grouping->kind->filter),
						   grouping->kind->links != 0 ? "empty" : "null");
}

static void
write_value_filter(JsonWriter *out, const Grouping *grouping, Datum key)
{
	json_write_key(out, grouping->kind->values == GROUP_OWN ? task_fields[grouping->field].key :
				   list_filter_key(grouping->kind->filter));
	json_write_raw(out, key);
}

/* Returns the filter that a group by due date sets to a value, other than a range. */
static TaskFilterKey
due_filter(DueGroup group)
{
	switch (group)
	{
		case DUE_OVERDUE:
			return FILTER_OVERDUE;
		case DUE_PAST:
			return FILTER_STATUS;
		case DUE_TODAY:
			return FILTER_DUE_DATE;
		case DUE_THIS_WEEK:
		case DUE_LATER:
		case DUE_NONE:
		case DUE_GROUPS:
			break;
	}
	return FILTER_NO_DUE_DATE;
}

/*
 * Returns whether the filters of a group of a closed set may replace one of the caller's.  If
 * the group has no task, they could then let through what the caller has excluded.
 */
bool
group_value_is_replaced(const Grouping *grouping, const TaskFilters *filters, NullableDatum value)
{
	if (grouping->kind->values == GROUP_DUE)
		return filters->filters[due_filter(DatumGetInt32(value.value))].ntexts > 0;
	for (int i = 0; grouping->kind->values == GROUP_OWN && i < filters->nown; i++)
	{
		if (filters->own[i].field == grouping->field)
			return true;
	}
	return value.isnull && filters->filters[FILTER_WHERE].ntexts > 0;
}

/*
 * Returns the filters that restrict a list with the filters of all groups to this one, as
 * JSON; 0 if there are none.  key: from group_value_key().
 */
Datum
group_value_filters(const Grouping *grouping, const TaskFilters *filters, NullableDatum value, Datum key)
{
	JsonWriter	out;

	if (!is_filterable(grouping, value))
		return (Datum) 0;
	json_write_begin(&out);
	json_write_open(&out, '{');
	if (grouping->kind->values == GROUP_DUE)
		write_due_filters(&out, filters, DatumGetInt32(value.value));
	else if (grouping->kind->values == GROUP_PERIODS)
		write_period_filters(&out, grouping, filters, DatumGetDateADT(value.value));
	else if (value.isnull)
		write_null_filter(&out, grouping, filters);
	else
		write_value_filter(&out, grouping, key);
	json_write_close(&out, '}');
	return json_write_end(&out);
}
