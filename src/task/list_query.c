/*
 * list_query.c
 *		Runs the statements that read lists of tasks.
 *
 * It decides in which way a list is read, and keeps a plan for each statement; the statements
 * themselves are made in list_statement.c.
 */
#include "postgres.h"

#include "db/plan.h"
#include "db/policy_check.h"
#include "task/list_filter_spec.h"
#include "task/list_many.h"
#include "task/list_statement.h"
#include "task/list_where.h"
#include "task/task_fields.h"
#include "task/task_links.h"

/* The filters that the counters can answer; see task_counter.c. */
#define COUNTED_BY ((uint32) 1 << FILTER_STATUS | (uint32) 1 << FILTER_PRIORITY)

/*
 * Returns whether it can do without the task rows, as far as the statement is concerned.
 */
static bool
may_read_links_only(const ListQuery *query)
{
	if (list_statement_kind(query)->is_ordered &&
		(query->filters->order.count > 1 || !list_order_is_by(&query->filters->order, TASK_CREATED_ON)))
		return false;
	return query->what == LIST_QUERY_BY_ASSIGNEE || (query->driver >= 0 && !list_statement_kind(query)->selects_columns);
}

/*
 * Returns whether the best plan depends on the values.  If everything is read, it depends
 * at least on the size of the organization.
 */
static bool
needs_value(const ListQuery *query)
{
	const ListKind *kind = list_statement_kind(query);

	if (kind->reads_counters || kind->reads_among)
		return false;
	return kind->depends_on_values || query->reads_many ||
		list_where_needs_value(query->filters, list_statement_walks_tasks(query), query->driver);
}

/*
 * Returns a bit for each of the cursor's keys that is NULL: the condition for the
 * following rows is different then.
 */
static uint32
null_keys(const ListQuery *query)
{
	uint32		nulls = 0;

	for (int i = 0; query->part == PART_AFTER && i < query->filters->order.count; i++)
		nulls |= (uint32) query->filters->cursor.is_null[i] << i;
	return nulls;
}

StaticAssertDecl(6 * sizeof(uint32) + LIST_OWN_CODE_SIZE <= sizeof(PlanKey), "a key has room for all filters");

static PlanKey
make_key(const ListQuery *query)
{
	const TaskFilters *filters = query->filters;
	PlanKey		key = {{0}};
	int			variant;

	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (!filters->filters[i].present)
			continue;
		key.words[0] |= (uint32) 1 << i;
		variant = list_where_variant(filters, i, list_statement_walks_tasks(query));
		key.words[1] |= (uint32) (variant & 1) << i;
		key.words[5] |= (uint32) (variant >> 1) << i;
	}
	list_own_write_code(filters, (uint8 *) &key.words[6]);
	key.words[2] |= (uint32) filters->filters[FILTER_TITLE].without_accents << 21 |
		(uint32) filters->filters[FILTER_SEARCH].without_accents << 22;
	key.words[2] |= (uint32) query->reads_many << 23;
	key.words[2] |= (uint32) query->open_links << 31 | (uint32) query->lock << 29 | (uint32) query->links_suffice << 16 |
		(uint32) query->what << 8 | (uint32) query->part;
	if (list_statement_kind(query)->is_ordered)
	{
		key.words[2] |= null_keys(query) << 17;
		key.words[3] = (uint32) list_statement_row_class(query) | (uint32) (query->offset > 0) << 31;
		key.words[4] = list_order_code(&filters->order);
	}
	if (query->groups != NULL)
		key.words[3] = query->groups->code;
	return key;
}

/* Returns whether only open tasks are read, so that their links stand for all links. */
static bool
may_read_open_links(const ListQuery *query)
{
	if (query->what == LIST_QUERY_REASSIGN || query->what == LIST_QUERY_LOCK || query->what == LIST_QUERY_GROUPS_COUNTED)
		return false;
	return query->what == LIST_QUERY_BY_ASSIGNEE || query->what == LIST_QUERY_TOTALS_OPEN || list_where_is_open(query->filters);
}

/* Returns whether many tasks are linked to the row of a filter, or many open ones. */
static bool
has_many_links(const ListQuery *query, const pg_uuid_t *org_id, int driver, bool are_open)
{
	return driver >= 0 && list_many_links(org_id, task_links_kind(list_filter_specs[driver].links),
										  DatumGetUUIDP(query->filters->filters[driver].value), are_open);
}

/*
 * Returns whether the links of open tasks stand for all.  A page of a list is not read from many of them:
 * it would have to sort them all.
 */
static bool
reads_open_links(const ListQuery *query, const pg_uuid_t *org_id)
{
	if (!may_read_open_links(query) || !policy_shows_all_links())
		return false;
	return !list_statement_kind(query)->is_ordered ||
		!has_many_links(query, org_id, list_where_driver(query->filters, false), true);
}

/* Returns whether only the driver restricts the list, or it and that tasks are open. */
static bool
is_driver_only(const ListQuery *query)
{
	uint32		driver = (uint32) 1 << query->driver;

	if (query->open_links && query->filters->filters[FILTER_STATUS].variant == STATUS_OPEN)
		return list_where_is_only(query->filters, driver | (uint32) 1 << FILTER_STATUS);
	return list_where_is_only(query->filters, driver);
}

/*
 * Returns whether the task of each link is looked up by its key, and the other filters applied
 * afterwards.  A plan that is not made for its values takes any condition for one that few
 * tasks meet, and may begin with all that meet it, or look for each task among them, in an
 * index that ends with the id.  The totals may rather read every task of the organization.  A
 * page that only the driver restricts is joined, which is faster.
 */
static bool
visits_each_link(const ListQuery *query)
{
	if (query->driver < 0 || query->links_only)
		return false;
	if (query->what == LIST_QUERY_TOTALS)
		return true;
	return !needs_value(query) && (query->what != LIST_QUERY_TASKS || !is_driver_only(query));
}

/* Finds or makes the kept plan, and builds its arguments. */
static SPIPlanPtr
prepare_query(ListQuery *query, const pg_uuid_t *org_id)
{
	const TaskFilters *filters = query->filters;
	PlanKey		key;
	SPIPlanPtr	plan;

	query->open_links = reads_open_links(query, org_id);
	query->driver = list_statement_kind(query)->reads_among ? -1 :
		list_where_driver(filters, list_statement_kind(query)->is_ordered && !query->open_links);
	query->links_suffice = may_read_links_only(query) && policy_shows_all_tasks();
	query->links_only = query->links_suffice && query->driver >= 0 && is_driver_only(query) &&
		(query->open_links || query->what != LIST_QUERY_BY_ASSIGNEE);
	query->reads_many = query->what == LIST_QUERY_COUNT && !query->links_only && filters->tree == NULL &&
		has_many_links(query, org_id, query->driver, query->open_links);
	query->visits_each_link = visits_each_link(query);
	/* A tree has no key but its text, and is planned for its values anyway. */
	if (filters->tree != NULL)
	{
		query->sql = makeStringInfo();
		list_statement_compose(query, org_id);
		return plan_query_by_text(query->sql->data, query->count, query->types);
	}
	key = make_key(query);
	plan = plan_find_query(&key);
	if (plan == NULL)
		query->sql = makeStringInfo();
	list_statement_compose(query, org_id);
	if (plan == NULL)
		plan = plan_keep_query(&key, query->sql->data, query->count, query->types, needs_value(query));
	return plan;
}

/*
 * Returns whether the counters can be used to count the tasks that pass the filters; not
 * if policies hide tasks, which the counters do not know.
 */
bool
list_query_is_counted(const TaskFilters *filters)
{
	return list_where_is_only(filters, COUNTED_BY) && policy_shows_all_counters();
}

/*
 * Runs one statement of a list and leaves the rows in SPI_tuptable and SPI_processed.
 * limit: maximum number of rows, more than 0, for ordered kinds; offset: for
 * LIST_QUERY_IDS; otherwise both are 0.  Needs an API call in progress.
 */
void
list_query_run(const TaskFilters *filters, const pg_uuid_t *org_id, ListQueryKind what, ListQueryPart part,
			   int64 limit, int64 offset)
{
	ListQuery	query = {.filters = filters, .what = what, .part = part, .limit = limit, .offset = offset};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	Assert(list_statement_kinds[what].is_ordered ? limit > 0 : limit == 0);
	Assert(offset == 0 || what == LIST_QUERY_IDS);
	plan_run_query(plan, query.values, limit);
}

/*
 * Runs the statement that counts which of some tasks pass the filters.  SPI_tuptable has
 * the count in its only row.  ids: uuid[].  Needs an API call in progress.
 */
void
list_query_count_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids)
{
	ListQuery	query = {.filters = filters, .what = LIST_QUERY_COUNT_AMONG, .part = PART_WHOLE, .ids = ids};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	plan_run_query(plan, query.values, 0);
}

/*
 * Runs the statement that locks the tasks that pass the filters, in the order of their ids.
 * SPI_tuptable has the ids.  limit: the maximum number of tasks.  Needs an API call in
 * progress.
 */
void
list_query_lock(const TaskFilters *filters, const pg_uuid_t *org_id, ListQueryLock lock, int64 limit)
{
	ListQuery	query = {.filters = filters, .what = LIST_QUERY_LOCK, .part = PART_WHOLE, .lock = lock, .lock_limit = limit};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	plan_run_writing_query(plan, query.values);
}

/*
 * Runs the statement that reads which of some tasks pass the filters, by id.  It sees what
 * has been committed until now.  ids: uuid[].  Needs an API call in progress.
 */
void
list_query_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids)
{
	ListQuery	query = {.filters = filters, .what = LIST_QUERY_AMONG, .part = PART_WHOLE, .ids = ids};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	plan_run_writing_query(plan, query.values);
}

/*
 * Runs a statement that counts groups of the tasks that pass the filters.  what:
 * LIST_QUERY_GROUPS or one of its like; LIST_QUERY_GROUPS_COUNTED only if
 * list_query_is_counted().  Needs an API call in progress.
 */
void
list_query_count_groups(const TaskFilters *filters, const pg_uuid_t *org_id, const ListGroups *groups,
						ListQueryKind what)
{
	ListQuery	query = {.filters = filters, .what = what, .part = PART_WHOLE, .groups = groups};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	plan_run_query(plan, query.values, 0);
}

/*
 * Runs the statement that takes the tasks that pass the filters from an assignee and gives
 * them to another one.  SPI_tuptable has one row with the columns of LIST_QUERY_REASSIGN.
 * filters: include the assignee; to: NULL for nobody; completed_too: takes completed tasks
 * as well; completed_move: gives them to the other one.  Needs an API call in progress.
 */
void
list_query_reassign(const TaskFilters *filters, const pg_uuid_t *org_id, const pg_uuid_t *from,
					const pg_uuid_t *to, bool completed_too, bool completed_move)
{
	Datum		target = UUIDPGetDatum(to);
	ListQuery	query = {.filters = filters, .what = LIST_QUERY_REASSIGN, .part = PART_WHOLE,
		.reassign = {UUIDPGetDatum(from), PointerGetDatum(tc_uuid_array(&target, to == NULL ? 0 : 1)),
		BoolGetDatum(completed_too), BoolGetDatum(completed_move)}};
	SPIPlanPtr	plan = prepare_query(&query, org_id);

	plan_run_writing_query(plan, query.values);
}
