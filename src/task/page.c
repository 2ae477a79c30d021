/*
 * page.c
 *		Reading a page of tasks.
 *
 * There is one statement for each shape: which filters restrict, in which variant,
 * which ordering.  A statement for all shapes, with "or $n is null" in it, would
 * get one plan that is bad for most.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "task/field.h"
#include "task/page.h"

static PlanKey
make_key(const TaskFilters *filters, PageWhat what)
{
	PlanKey		key = {{0}};

	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (!filters->filters[i].present)
			continue;
		key.words[0] |= (uint32) 1 << i;
		key.words[1] |= (uint32) filters->filters[i].variant << i;
	}
	key.words[2] = (uint32) what;
	/* A count has no order, but may begin at a link because of it. */
	key.words[3] = what == PAGE_COUNT ? (uint32) (filter_driver(filters) >= 0) :
		(uint32) filters->ordering << 1 | (uint32) filters->descending;
	return key;
}

static void
append_order(StringInfo sql, const TaskFilters *filters, int driver)
{
	const char *direction = filters->descending ? "DESC" : "ASC";

	if (driver >= 0)
		appendStringInfo(sql, " ORDER BY d.created_on %s, d.task_id %s", direction, direction);
	else
		appendStringInfo(sql, " ORDER BY %s %s, t.id %s", task_fields[filters->ordering].order,
						 direction, direction);
}

/*
 * Puts the statement of a shape together.  Every table in it has org_id = $1, so
 * that the planner turns the policies into one comparison for each scan.
 */
static void
build(StringInfo sql, const TaskFilters *filters, PageWhat what)
{
	int			driver = filter_driver(filters);
	int			parameter = 2;

	appendStringInfoString(sql, "SELECT ");
	if (what == PAGE_TASKS)
		task_field_select_list(sql);
	else
		appendStringInfoString(sql, what == PAGE_IDS ? "t.id" : "pg_catalog.count(*)");

	if (driver >= 0)
	{
		const char *table;
		const char *column;

		filter_driver_link(driver, &table, &column);
		appendStringInfo(sql, " FROM taskcrm.%s d JOIN taskcrm.task t ON t.id = d.task_id"
						 " WHERE t.org_id = $1 AND d.org_id = $1 AND d.%s = $%d",
						 table, column, parameter++);
	}
	else
		appendStringInfoString(sql, " FROM taskcrm.task t WHERE t.org_id = $1");

	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (key == driver || !filters->filters[key].present)
			continue;
		appendStringInfoString(sql, " AND ");
		filter_append_condition(sql, filters, key, parameter++);
	}
	if (what != PAGE_COUNT)
	{
		append_order(sql, filters, driver);
		appendStringInfo(sql, " LIMIT $%d OFFSET $%d", parameter, parameter + 1);
	}
}

/* The arguments in the order in which build() numbers them; returns how many. */
static int
collect_arguments(const TaskFilters *filters, const pg_uuid_t *org_id, PageWhat what,
				  int64 limit, Datum *values, Oid *types)
{
	int			driver = filter_driver(filters);
	int			count = 0;

	values[count] = UUIDPGetDatum(org_id);
	types[count++] = UUIDOID;
	if (driver >= 0)
	{
		values[count] = filters->filters[driver].value;
		types[count++] = filter_argument_type(filters, driver);
	}
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (key == driver || !filters->filters[key].present)
			continue;
		values[count] = filters->filters[key].value;
		types[count++] = filter_argument_type(filters, key);
	}
	if (what != PAGE_COUNT)
	{
		values[count] = Int64GetDatum(limit);
		types[count++] = INT8OID;
		values[count] = Int64GetDatum(filters->offset);
		types[count++] = INT8OID;
	}
	Assert(count <= PLAN_MAX_ARGS);
	return count;
}

/*
 * Runs the statement of a list; SPI_tuptable and SPI_processed hold the rows.
 * limit: rows to read, which the caller may want one more of than a page has.
 * Needs an API call in progress.
 */
void
page_run(const TaskFilters *filters, const pg_uuid_t *org_id, PageWhat what, int64 limit)
{
	PlanKey		key = make_key(filters, what);
	SPIPlanPtr	plan = plan_lookup_shape(&key);
	Datum		values[PLAN_MAX_ARGS];
	Oid			types[PLAN_MAX_ARGS];
	int			nargs = collect_arguments(filters, org_id, what, limit, values, types);

	if (plan == NULL)
	{
		StringInfoData sql;

		initStringInfo(&sql);
		build(&sql, filters, what);
		plan = plan_keep_shape(&key, sql.data, nargs, types);
	}
	plan_run_shape(plan, values);
}
