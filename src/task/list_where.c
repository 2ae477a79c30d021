/*
 * list_where.c
 *		Filters of lists as SQL conditions, and their effect on plans.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "task/list_filter_spec.h"
#include "task/list_where.h"
#include "task/task_fields.h"
#include "task/task_links.h"

/*
 * Returns whether only open tasks pass the filters, so that links of open tasks can stand
 * for all links.
 */
bool
list_where_is_open(const TaskFilters *filters)
{
	const TaskFilter *status = &filters->filters[FILTER_STATUS];
	const TaskFilter *overdue = &filters->filters[FILTER_OVERDUE];

	return (status->present && (status->variant == STATUS_OPEN || status->variant == STATUS_ONE_OPEN)) ||
		(overdue->present && overdue->variant == 0);
}

/*
 * Returns the filter on a single linked row whose index can drive the list, or -1.
 * ordered: the index must also give the wanted order.  The link tables repeat the task's
 * created_on for this.
 */
int
list_where_driver(const TaskFilters *filters, bool ordered)
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

/*
 * Appends the links that a filter is on, with an alias, and the condition on the
 * organization; the linked row must follow.  is_open: those of open tasks.
 */
void
list_where_append_links(StringInfo sql, int key, bool is_open, const char *alias)
{
	const TaskField *field = &task_fields[list_filter_specs[key].links];

	if (is_open)
		appendStringInfo(sql, "taskcrm_internal.open_link %1$s WHERE %1$s.org_id = $1 AND %1$s.kind = %2$d AND %1$s.target_id",
						 alias, task_links_kind(list_filter_specs[key].links));
	else
		appendStringInfo(sql, "taskcrm.%2$s %1$s WHERE %1$s.org_id = $1 AND %1$s.%3$s", alias, field->link_table, field->link_column);
}

/* Returns whether only the given filters restrict the list.  keys: as bits. */
bool
list_where_is_only(const TaskFilters *filters, uint32 keys)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (filters->filters[key].present && (keys & ((uint32) 1 << key)) == 0)
			return false;
	}
	return filters->nown == 0 && filters->tree == NULL;
}

/* Returns the type of the parameter of a filter that restricts the list. */
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

/* Returns whether an index has the tasks of a single value in the order of the list. */
static bool
is_in_order(const TaskFilters *filters, int key)
{
	if (list_order_is_by(&filters->order, TASK_CREATED_ON))
		return true;
	return (key == FILTER_CREATED_BY || key == FILTER_ACCOUNT) && list_where_is_open(filters) &&
		list_order_is_by(&filters->order, TASK_DUE_DATE);
}

/*
 * Returns whether the best plan depends on the values of the filters.  ordered: for a
 * page of a list, rather than for counting; driver: the filter that the list begins at, or
 * -1.
 *
 * The few tasks of one user are best fetched and sorted, the hundred thousand of another
 * found along the order; by created_on, both are a single index scan.  A list that begins at
 * the links of open tasks begins there for any value.
 */
bool
list_where_needs_value(const TaskFilters *filters, bool ordered, int driver)
{
	/* Nothing is known about conditions, and values of columns that an administrator added. */
	if (filters->nown > 0 || filters->tree != NULL)
		return true;
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (!filters->filters[key].present || key == driver)
			continue;
		/* Makes the ids a constant, which the executor looks up by hashing. */
		if (filters->filters[key].described != NULL && list_where_variant(filters, key, ordered) == SEARCH_SOME_IDS)
			return true;
		if (is_array(list_where_argument_type(filters, key)) ||
			(list_filter_specs[key].by_due_date && ordered && !list_order_is_by(&filters->order, TASK_DUE_DATE)) ||
			(list_filter_specs[key].types[0] == UUIDOID && ordered && !is_in_order(filters, key)))
			return true;
	}
	return false;
}

/*
 * Returns the variant of the condition for a filter that restricts the list.  ordered: an
 * index scan in the list's order can check the condition row by row.  Needs an API call
 * in progress.
 */
int
list_where_variant(const TaskFilters *filters, int key, bool ordered)
{
	const TaskFilter *filter = &filters->filters[key];
	int			variant = list_filter_specs[key].in_lists_only && !ordered ? 0 : filter->variant;

	if (filter->described == NULL || variant != SEARCH_FEW_IDS)
		return variant;
	switch (task_text_look_up(filter->described, !ordered))
	{
		case DESCRIBED_FEW:
			return SEARCH_FEW_IDS;
		case DESCRIBED_SOME:
			return SEARCH_SOME_IDS;
		case DESCRIBED_MANY:
			break;
	}
	/* Scanning along the list soon fills a page, but not a count. */
	return ordered ? SEARCH_EACH_ROW : SEARCH_BY_INDEX;
}

/*
 * Returns whether the condition of a variant has a second parameter after the first, and
 * sets its type and value.
 */
bool
list_where_second_argument(const TaskFilters *filters, int key, int variant, Oid *type, Datum *value)
{
	const TaskFilter *filter = &filters->filters[key];

	if (filter->described == NULL || (variant != SEARCH_FEW_IDS && variant != SEARCH_SOME_IDS))
		return false;
	*type = UUIDARRAYOID;
	*value = filter->described->ids;
	return true;
}

/* Appends a text in which ? is the number of a parameter and ! that of the one after it. */
void
list_where_append_text(StringInfo sql, const char *text, int parameter)
{
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '?' || *c == '!')
			appendStringInfo(sql, "%d", *c == '?' ? parameter : parameter + 1);
		else
			appendStringInfoChar(sql, *c);
	}
}

/*
 * Appends the condition of a filter on links.  is_open: on those of open tasks; of_each: looked up
 * for each task, which EXISTS with an offset makes sure of, instead of joined with all of the linked row.
 */
static void
append_link_condition(StringInfo sql, int key, int variant, bool is_open, bool of_each, int parameter)
{
	appendStringInfoString(sql, "EXISTS (SELECT FROM ");
	list_where_append_links(sql, key, is_open, "l");
	appendStringInfo(sql, variant == 0 ? " = $%d AND l.task_id = t.id%s)" : " = ANY ($%d) AND l.task_id = t.id%s)", parameter,
					 of_each ? " OFFSET 0" : "");
}

/*
 * Appends the condition of a filter that restricts, over taskcrm.task t and $1 for
 * the organization.  variant: from list_where_variant(); is_open: the links of open tasks
 * stand for all links; of_each: links are looked up for each task; parameter: the number of its
 * first parameter.
 */
void
list_where_append_condition(StringInfo sql, const TaskFilters *filters, int key, int variant, bool is_open,
							bool of_each, int parameter)
{
	const FilterSpec *spec = &list_filter_specs[key];

	if (spec->links != 0)
	{
		append_link_condition(sql, key, variant, is_open, of_each, parameter);
		return;
	}
	list_where_append_text(sql, filters->filters[key].without_accents ? spec->unaccented[variant] : spec->conditions[variant],
						   parameter);
}
