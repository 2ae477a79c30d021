/*
 * list_where.c
 *		Filters of lists as SQL conditions, and what they mean for plans.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "task/list_filter_spec.h"
#include "task/task_fields.h"

/*
 * The filter on one linked thing from whose index a list can be read, or -1.
 * ordered: in the wanted order, too.  The link tables repeat the task's created_on for
 * this.
 */
int
list_filter_driver(const TaskFilters *filters, bool ordered)
{
	if (ordered && !list_order_is_by(&filters->order, TASK_CREATED_ON))
		return -1;
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		const TaskFilter *filter = &filters->filters[key];

		if (filter->present && filter->variant == 0 && list_filter_specs[key].links != 0)
			return key;
	}
	return -1;
}

/* The table and column of a filter on links. */
void
list_filter_driver_link(int key, const char **table, const char **column)
{
	*table = task_fields[list_filter_specs[key].links].link_table;
	*column = task_fields[list_filter_specs[key].links].link_column;
}

/* Whether no filters restrict but some.  keys: those, as bits. */
bool
list_filter_is_only(const TaskFilters *filters, uint32 keys)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (filters->filters[key].present && (keys & ((uint32) 1 << key)) == 0)
			return false;
	}
	return true;
}

/* The type of the parameter of a filter that restricts. */
Oid
list_where_argument_type(const TaskFilters *filters, int key)
{
	return list_filter_specs[key].types[filters->filters[key].variant];
}

static bool
is_array(Oid type)
{
	return type == UUIDARRAYOID || type == TEXTARRAYOID;
}

/*
 * Whether the best plan depends on what the filters were sent.  ordered: for a page of a
 * list, rather than for counting.
 *
 * Somebody's few tasks are best fetched and sorted, somebody else's hundred thousand
 * found along the order; by created_on both are one walk.
 */
bool
list_filter_needs_value(const TaskFilters *filters, bool ordered)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (!filters->filters[key].present)
			continue;
		/* So that the ids are a constant, which the executor looks up by hash. */
		if (filters->filters[key].described != NULL && list_where_variant(filters, key, ordered) == 2)
			return true;
		if (is_array(list_where_argument_type(filters, key)) ||
			(list_filter_specs[key].by_due_date && ordered && !list_order_is_by(&filters->order, TASK_DUE_DATE)) ||
			(list_filter_specs[key].types[0] == UUIDOID && ordered && !list_order_is_by(&filters->order, TASK_CREATED_ON)))
			return true;
	}
	return false;
}

/*
 * Which of its conditions a filter that restricts becomes.  ordered: as above.  Needs an
 * API call in progress.
 */
int
list_where_variant(const TaskFilters *filters, int key, bool ordered)
{
	const TaskFilter *filter = &filters->filters[key];
	int			variant = list_filter_specs[key].in_lists_only && !ordered ? 0 : filter->variant;

	if (filter->described == NULL || variant != 0)
		return variant;
	switch (task_text_look_up(filter->described, !ordered))
	{
		case DESCRIBED_FEW:
			return 0;
		case DESCRIBED_SOME:
			return 2;
		case DESCRIBED_MANY:
			break;
	}
	/* A page is soon found along the list, a count is not. */
	return ordered ? 1 : 3;
}

/*
 * Whether the condition of a variant has a second parameter, behind the first, and its
 * type and value.
 */
bool
list_where_second_argument(const TaskFilters *filters, int key, int variant, Oid *type, Datum *value)
{
	const TaskFilter *filter = &filters->filters[key];

	if (filter->described == NULL || (variant != 0 && variant != 2))
		return false;
	*type = UUIDARRAYOID;
	*value = filter->described->ids;
	return true;
}

/*
 * Appends the condition of a filter that restricts, over taskcrm.task t and $1 for
 * the organization.  variant: from list_where_variant(); parameter: the number of its first
 * parameter.
 */
void
list_where_append_condition(StringInfo sql, int key, int variant, int parameter)
{
	const FilterSpec *spec = &list_filter_specs[key];

	if (spec->links != 0)
	{
		const TaskField *field = &task_fields[spec->links];

		appendStringInfo(sql, "EXISTS (SELECT FROM taskcrm.%s l WHERE l.org_id = $1"
						 " AND l.task_id = t.id AND l.%s = ", field->link_table, field->link_column);
		appendStringInfo(sql, variant == 0 ? "$%d)" : "ANY ($%d))", parameter);
		return;
	}
	for (const char *c = spec->conditions[variant]; *c != '\0'; c++)
	{
		if (*c == '?' || *c == '!')
			appendStringInfo(sql, "%d", *c == '?' ? parameter : parameter + 1);
		else
			appendStringInfoChar(sql, *c);
	}
}
