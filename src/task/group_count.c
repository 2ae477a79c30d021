/*
 * group_count.c
 *		Counts the tasks in groups.
 *
 * One statement counts the groups of all tasks that pass the filters.  The groups of a
 * closed set, such as status, are all there, in the order of the set.  Those of an open
 * set, such as assignees, are those with tasks: first the one of tasks without a value,
 * then by number of tasks, or for values with an order that matters, in that order.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "db/plan.h"
#include "task/group_count.h"
#include "task/group_value.h"
#include "task/list_count.h"
#include "task/list_query.h"
#include "task/list_where.h"
#include "task/own_column_type.h"
#include "task/task_fields.h"
#include "task/task_links.h"
#include "wire/datetime.h"

/* More than any closed set has. */
#define ALL_GROUPS PG_INT32_MAX

/* The columns of the statement. */
enum
{
	GROUP_VALUE = 1,
	GROUP_TASKS,
	GROUP_ALL_TASKS,			/* of all groups */
	GROUP_LABEL
};

/* What is counted, for the statement. */
typedef struct GroupStatement
{
	ListGroups	list;			/* must be first */
	const Grouping *grouping;
	bool		counted;		/* by the counters */
	bool		named;			/* a filter names the linked rows that are groups */
} GroupStatement;

static void
append_group_order(StringInfo sql, const Grouping *grouping, const char *row)
{
	appendStringInfo(sql, " ORDER BY %s.v IS NOT NULL, ", row);
	if (grouping->kind->values == GROUP_PERIODS)
		appendStringInfo(sql, "%s.v DESC", row);
	else if (grouping->kind->values == GROUP_OWN && own_column_type_is_ranged(task_fields[grouping->field].type))
		appendStringInfo(sql, "%s.v", row);
	else
		appendStringInfo(sql, "%s.n DESC, %s.v", row, row);
}

static void
append_group_links(StringInfo sql, const GroupStatement *statement, int parameter, bool open_links)
{
	const TaskField *field = &task_fields[statement->grouping->kind->links];

	appendStringInfoString(sql, statement->named ? " JOIN " : " LEFT JOIN ");
	if (open_links)
		appendStringInfo(sql, "(SELECT o.org_id, o.task_id, o.target_id AS %s FROM taskcrm_internal.open_link o WHERE o.kind = %d) l",
						 field->link_column, task_links_kind(statement->grouping->kind->links));
	else
		appendStringInfo(sql, "taskcrm.%s l", field->link_table);
	appendStringInfoString(sql, " ON l.org_id = $1 AND l.task_id = k.id");
	if (statement->named)
		appendStringInfo(sql, " AND l.%s = ANY ($%d)", field->link_column, parameter);
}

/*
 * Appends what follows the tasks, which are k.  parameter: the number of the first one;
 * open_links: all tasks are open.
 */
static void
append_group_end(StringInfo sql, const ListGroups *list, int parameter, bool open_links)
{
	const GroupStatement *statement = (const GroupStatement *) list;
	const GroupKind *kind = statement->grouping->kind;

	appendStringInfo(sql, ") SELECT g.v%s, g.n, g.tasks, %s FROM (SELECT m.v, m.n,"
					 " (pg_catalog.sum(m.n) OVER ())::pg_catalog.int8 AS tasks FROM (SELECT ",
					 kind->cast == NULL ? "" : kind->cast, kind->label == NULL ? "NULL::pg_catalog.text" : kind->label);
	list_where_append_text(sql, kind->value, parameter);
	appendStringInfo(sql, " AS v, %s AS n FROM k",
					 statement->counted ? "pg_catalog.sum(k.n)::pg_catalog.int8" : "pg_catalog.count(*)");
	if (kind->links != 0)
		append_group_links(sql, statement, parameter, open_links);
	appendStringInfoString(sql, " GROUP BY 1) m");
	append_group_order(sql, statement->grouping, "m");
	appendStringInfo(sql, " LIMIT $%d OFFSET $%d) g", parameter + list->nargs - 2, parameter + list->nargs - 1);
	append_group_order(sql, statement->grouping, "g");
}

static void
add_group_argument(ListGroups *list, Oid type, Datum value)
{
	Assert(list->nargs < LIST_GROUPS_MAX_ARGS);
	list->types[list->nargs] = type;
	list->values[list->nargs++] = value;
}

/* Returns the ids that a filter on links names, as an array. */
static Datum
filter_ids(const TaskFilters *filters, TaskFilterKey key)
{
	Datum		value = filters->filters[key].value;

	if (list_where_argument_type(filters, key) == UUIDARRAYOID)
		return value;
	return PointerGetDatum(tc_uuid_array(&value, 1));
}

/* Adds the arguments of the kind, in the order of its parameters. */
static void
add_kind_arguments(GroupStatement *statement, const TaskFilters *filters)
{
	pg_tz	   *zone = filters->zone;
	DateADT		today;

	switch (statement->grouping->kind->values)
	{
		case GROUP_IDS:
			if (statement->named)
				add_group_argument(&statement->list, UUIDARRAYOID, filter_ids(filters, statement->grouping->kind->filter));
			break;
		case GROUP_DUE:
			today = datetime_today(zone);
			add_group_argument(&statement->list, DATEOID, DateADTGetDatum(today));
			add_group_argument(&statement->list, DATEOID, DateADTGetDatum(datetime_monday_of(today) + 6));
			break;
		case GROUP_PERIODS:
			add_group_argument(&statement->list, TEXTOID, CStringGetTextDatum(group_period_name(statement->grouping->period)));
			add_group_argument(&statement->list, TEXTOID, CStringGetTextDatum(pg_get_timezone_name(zone)));
			break;
		case GROUP_LABELS:
		case GROUP_OWN:
			break;
	}
}

/* Returns what the statement selects of the tasks. */
static const char *
select_columns(const GroupStatement *statement)
{
	const GroupKind *kind = statement->grouping->kind;

	if (statement->counted)
		return psprintf("%s, t.n", kind->columns);
	if (kind->values == GROUP_OWN)
		return psprintf("%s AS v", task_fields[statement->grouping->field].order);
	return kind->columns;
}

/* Runs the statement that counts the groups, and one more than are wanted of an open set. */
static void
run_group_statement(const Grouping *grouping, const TaskFilters *filters, const pg_uuid_t *org_id, bool is_closed)
{
	GroupStatement statement = {.grouping = grouping};

	statement.counted = grouping->kind->counted && list_query_is_counted(filters);
	statement.named = grouping->kind->links != 0 && filters->filters[grouping->kind->filter].ntexts > 0;
	statement.list.code = group_kind_code(grouping) << 1 | (uint32) statement.named;
	statement.list.columns = select_columns(&statement);
	statement.list.append_end = append_group_end;
	add_kind_arguments(&statement, filters);
	add_group_argument(&statement.list, INT8OID, Int64GetDatum(is_closed ? ALL_GROUPS : grouping->max_groups + 1));
	add_group_argument(&statement.list, INT8OID, Int64GetDatum(is_closed ? 0 : grouping->skip_groups));
	list_query_count_groups(filters, org_id, &statement.list,
							statement.counted ? LIST_QUERY_GROUPS_COUNTED :
							grouping->kind->links != 0 ? LIST_QUERY_GROUPS_LINKED : LIST_QUERY_GROUPS);
}

static void
set_group(TaskGroup *group, const Grouping *grouping, const TaskFilters *filters, NullableDatum value)
{
	group->key = group_value_key(grouping, value);
	group->label = group_value_label(grouping, value, group->key);
	group->filters = group_value_filters(grouping, filters, value, group->key);
}

/* Sets the groups of an open set from the rows. */
static void
take_open_groups(TaskGroups *groups, const Grouping *grouping, const TaskFilters *filters)
{
	groups->more = SPI_processed > (uint64) grouping->max_groups;
	groups->count = groups->more ? (int) grouping->max_groups : (int) SPI_processed;
	groups->groups = palloc0(sizeof(TaskGroup) * Max(groups->count, 1));
	for (int i = 0; i < groups->count; i++)
	{
		NullableDatum value;
		NullableDatum name;
		bool		isnull;

		value.value = plan_value(i, GROUP_VALUE, &value.isnull);
		name.value = plan_value(i, GROUP_LABEL, &name.isnull);
		set_group(&groups->groups[i], grouping, filters, value);
		if (grouping->kind->label != NULL)
			groups->groups[i].label = group_value_name(name);
		groups->groups[i].count = DatumGetInt64(plan_value(i, GROUP_TASKS, &isnull));
	}
}

/* Adds a row to its group. */
static void
add_to_group(TaskGroups *groups, const Grouping *grouping, uint64 row)
{
	NullableDatum value;
	Datum		key;
	bool		isnull;
	int			i = 0;

	value.value = plan_value(row, GROUP_VALUE, &value.isnull);
	if (grouping->kind->labels != NULL)
		(void) label_require(grouping->kind->labels, TextDatumGetCString(value.value));
	key = group_value_key(grouping, value);
	while (i < groups->count && !datum_image_eq(groups->groups[i].key, key, false, -1))
		i++;
	if (i < groups->count)
		groups->groups[i].count = DatumGetInt64(plan_value(row, GROUP_TASKS, &isnull));
}

/* Sets all groups of a closed set, and their counts from the rows. */
static void
take_closed_groups(TaskGroups *groups, const Grouping *grouping, const TaskFilters *filters,
				   const NullableDatum *values, int count)
{
	groups->count = count;
	groups->groups = palloc0(sizeof(TaskGroup) * count);
	for (int i = 0; i < count; i++)
		set_group(&groups->groups[i], grouping, filters, values[i]);
	for (uint64 row = 0; row < SPI_processed; row++)
		add_to_group(groups, grouping, row);
	for (int i = 0; i < count; i++)
	{
		if (groups->groups[i].count == 0 && group_value_is_replaced(grouping, filters, values[i]))
			groups->groups[i].filters = (Datum) 0;
	}
}

/*
 * Reads the groups of the tasks that pass the filters.  Raises 55000 for tasks with a label
 * that somebody added.  Needs an API call in progress.
 */
void
group_count_read(TaskGroups *groups, const Grouping *grouping, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	NullableDatum *values;
	int			all = group_value_all(grouping, filters, &values);
	bool		isnull;

	memset(groups, 0, sizeof(*groups));
	run_group_statement(grouping, filters, org_id, all > 0);
	if (SPI_processed > 0)
		groups->tasks = DatumGetInt64(plan_value(0, GROUP_ALL_TASKS, &isnull));
	if (all > 0)
		take_closed_groups(groups, grouping, filters, values, all);
	else
		take_open_groups(groups, grouping, filters);
	/* A task may be in several groups, and in none of a page behind the last one. */
	if (grouping->kind->links != 0 || (groups->count == 0 && grouping->skip_groups > 0))
		groups->tasks = list_count_exactly(filters, org_id);
}
