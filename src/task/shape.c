/*
 * shape.c
 *		The statements that lists of tasks are read with.
 *
 * There is one for each shape: what is read, which filters restrict, in which variant,
 * which ordering, which part.  A statement for all shapes, with "or $n is null" in it,
 * would get one plan that is bad for most.
 *
 * How many rows are wanted is a constant in it, because a plan for an unknown number is
 * made, and costed, for a tenth of the list.  So that there are few shapes, it is rounded
 * up, and the executor is stopped at the exact number.
 *
 * Every table in a statement has org_id = $1, so that the planner turns the policies
 * into one comparison for each scan.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "db/policy.h"
#include "task/field.h"
#include "task/shape.h"

/* A column of the order, of which rows are to come behind the cursor's. */
typedef struct AfterColumn
{
	OrderKey	key;
	const char *expression;
	int			parameter;		/* of the cursor's value; 0 for NULL */
} AfterColumn;

/* A statement while it is put together: its text and its arguments go in step. */
typedef struct Shape
{
	const TaskFilters *filters;
	ShapeWhat	what;
	ShapePart	part;
	int			driver;			/* the filter on links that it begins at, or -1 */
	bool		links_suffice;	/* where a link is, the caller may read its task */
	bool		links_only;		/* nothing of the tasks themselves is needed */
	int64		limit;			/* rows that are wanted; 0 for all, or for what has its own limit */
	int64		offset;			/* rows before them that are not */
	Datum		ids;			/* of the given tasks */
	StringInfo	sql;			/* NULL when only the arguments are wanted */
	int			count;
	Datum		values[PLAN_MAX_ARGS];
	Oid			types[PLAN_MAX_ARGS];
} Shape;

StaticAssertDecl(1 + FILTER_COUNT + ORDER_MAX_COLUMNS <= PLAN_MAX_ARGS, "a statement has few parameters");

#define TOTALS_SQL \
	"t.status::pg_catalog.text, t.priority::pg_catalog.text, t.due_date," \
	" CASE WHEN t.status <> 'Completed'::taskcrm.task_status THEN NOT EXISTS (SELECT" \
	" FROM taskcrm.task_assignee l WHERE l.org_id = $1 AND l.task_id = t.id) END AS unassigned," \
	" pg_catalog.count(*)"

/* The filters that tasks are counted by in advance; see count/counter.c. */
#define COUNTED_BY ((uint32) 1 << FILTER_STATUS | (uint32) 1 << FILTER_PRIORITY)

/* How each statement begins, where that does not depend on the filters. */
static const char *const selections[] = {
	[SHAPE_COUNT] = "pg_catalog.count(*)",
	[SHAPE_COUNTERS] = "pg_catalog.sum(t.n)::pg_catalog.int8",
	[SHAPE_COUNT_SOME] = "pg_catalog.count(*) FROM (SELECT",
	[SHAPE_COUNT_AMONG] = "pg_catalog.count(*)",
	[SHAPE_TOTALS] = TOTALS_SQL,
	[SHAPE_TOTALS_OPEN] = TOTALS_SQL,
	[SHAPE_TOTALS_COUNTED] = "t.status::pg_catalog.text, t.priority::pg_catalog.text,"
	" NULL::pg_catalog.date, NULL::pg_catalog.bool, pg_catalog.sum(t.n)::pg_catalog.int8",
	[SHAPE_BY_ASSIGNEE] = "u.id, u.name, u.email, m.tasks FROM (SELECT l.user_id, pg_catalog.count(*) AS tasks"
	" FROM taskcrm.task_assignee l WHERE l.org_id = $1"
};

/*
 * The numbers of rows that statements are planned for: those of the usual pages, with the
 * row beyond them that lists ask for.
 */
static const int64 row_classes[] = {11, 21, 51, 101, 1001, 10001, 100001, 1000001};

static bool
is_ordered(ShapeWhat what)
{
	return what == SHAPE_TASKS || what == SHAPE_IDS;
}

/* Whether the tasks that the filters are asked of are found in another way than by them. */
static bool
walks_tasks(ShapeWhat what)
{
	return is_ordered(what) || what == SHAPE_COUNT_AMONG;
}

/* Whether columns of the tasks themselves are selected, beside their id. */
static bool
selects_columns(ShapeWhat what)
{
	return what == SHAPE_TASKS || what == SHAPE_TOTALS || what == SHAPE_TOTALS_OPEN;
}

/* Whether it reads the counters and no tasks. */
static bool
reads_counters(ShapeWhat what)
{
	return what == SHAPE_COUNTERS || what == SHAPE_TOTALS_COUNTED;
}

/* Whether it may do without the tasks themselves, as far as the statement goes. */
static bool
may_read_links_only(const Shape *shape)
{
	if (is_ordered(shape->what) && shape->filters->order.count > 1)
		return false;
	return shape->what == SHAPE_BY_ASSIGNEE || (shape->driver >= 0 && !selects_columns(shape->what));
}

/* Whether it reads all assignees, and need not look which tasks they have. */
static bool
reads_all_links(const Shape *shape)
{
	return shape->what == SHAPE_BY_ASSIGNEE && shape->links_suffice && filter_is_only(shape->filters, 0);
}

/*
 * Whether the best plan depends on the values.  For what is read from beginning to end it
 * depends on the size of the organization at least.
 */
static bool
needs_value(const Shape *shape)
{
	if (reads_counters(shape->what))
		return false;
	if (shape->what == SHAPE_COUNT_AMONG)
		return false;
	return shape->what == SHAPE_TOTALS || shape->what == SHAPE_TOTALS_OPEN ||
		shape->what == SHAPE_BY_ASSIGNEE || filter_needs_value(shape->filters, is_ordered(shape->what));
}

/* Which of row_classes has the rows that are read; behind the last, there is no limit. */
static int
row_class(const Shape *shape)
{
	int			i = 0;

	while (i < (int) lengthof(row_classes) &&
		   (shape->offset >= row_classes[i] || shape->offset + shape->limit > row_classes[i]))
		i++;
	return i;
}

/* Which of the cursor's keys are NULL, as bits: rows behind it are found in another way then. */
static uint32
null_keys(const Shape *shape)
{
	uint32		nulls = 0;

	for (int i = 0; shape->part == PART_AFTER && i < shape->filters->order.count; i++)
		nulls |= (uint32) shape->filters->cursor.is_null[i] << i;
	return nulls;
}

static PlanKey
make_key(const Shape *shape)
{
	const TaskFilters *filters = shape->filters;
	PlanKey		key = {{0}};
	int			variant;

	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (!filters->filters[i].present)
			continue;
		key.words[0] |= (uint32) 1 << i;
		variant = filter_variant(filters, i, walks_tasks(shape->what));
		key.words[1] |= (uint32) (variant & 1) << i;
		key.words[5] |= (uint32) (variant >> 1) << i;
	}
	key.words[2] |= (uint32) shape->links_suffice << 16 | (uint32) shape->what << 8 | (uint32) shape->part;
	if (is_ordered(shape->what))
	{
		key.words[2] |= null_keys(shape) << 17;
		key.words[3] = (uint32) row_class(shape) | (uint32) (shape->offset > 0) << 31;
		key.words[4] = order_code(&filters->order);
	}
	return key;
}

static void
append(Shape *shape, const char *text)
{
	if (shape->sql != NULL)
		appendStringInfoString(shape->sql, text);
}

/* Adds an argument and returns the number of its parameter. */
static int
add_argument(Shape *shape, Oid type, Datum value)
{
	if (shape->count >= PLAN_MAX_ARGS)
		elog(ERROR, "too many parameters in a list of tasks");
	shape->types[shape->count] = type;
	shape->values[shape->count] = value;
	return ++shape->count;
}

/* Adds an argument and appends its parameter. */
static void
append_argument(Shape *shape, const char *before, Oid type, Datum value, const char *after)
{
	int			parameter = add_argument(shape, type, value);

	if (shape->sql != NULL)
		appendStringInfo(shape->sql, "%s$%d%s", before, parameter, after);
}

static void
append_from(Shape *shape, const pg_uuid_t *org_id)
{
	const TaskFilter *filter;
	const char *table;
	const char *column;
	int			parameter;

	add_argument(shape, UUIDOID, UUIDPGetDatum(org_id));
	if (reads_all_links(shape))
		return;
	if (shape->driver < 0)
	{
		append(shape, reads_counters(shape->what) ? " FROM taskcrm.task_count t" : " FROM taskcrm.task t");
		append(shape, " WHERE t.org_id = $1");
		return;
	}
	filter = &shape->filters->filters[shape->driver];
	parameter = add_argument(shape, filter_argument_type(shape->filters, shape->driver), filter->value);
	if (shape->sql == NULL)
		return;
	filter_driver_link(shape->driver, &table, &column);
	appendStringInfo(shape->sql, shape->links_only ? " FROM taskcrm.%s d WHERE" :
					 " FROM taskcrm.%s d JOIN taskcrm.task t ON t.id = d.task_id WHERE t.org_id = $1 AND",
					 table);
	appendStringInfo(shape->sql, " d.org_id = $1 AND d.%s = $%d", column, parameter);
}

static void
append_filters(Shape *shape)
{
	const TaskFilters *filters = shape->filters;

	for (int key = 0; key < FILTER_KEYS; key++)
	{
		int			variant;
		int			parameter;
		Oid			type;
		Datum		value;

		if (key == shape->driver || !filters->filters[key].present)
			continue;
		variant = filter_variant(filters, key, walks_tasks(shape->what));
		parameter = add_argument(shape, filter_argument_type(filters, key), filters->filters[key].value);
		if (filter_second_argument(filters, key, variant, &type, &value))
			add_argument(shape, type, value);
		if (shape->sql == NULL)
			continue;
		appendStringInfoString(shape->sql, " AND ");
		filter_append_condition(shape->sql, key, variant, parameter);
	}
}

/* The columns that a list is ordered by are those of the driver where there is one. */
static const char *
created_on_column(const Shape *shape)
{
	return shape->driver >= 0 ? "d.created_on" : "t.created_on";
}

static const char *
id_column(const Shape *shape)
{
	return shape->driver >= 0 ? "d.task_id" : "t.id";
}

/* What a column of the order is in the statement. */
static const char *
order_expression(const Shape *shape, int field)
{
	if (field == TASK_ID)
		return id_column(shape);
	if (field == TASK_CREATED_ON)
		return created_on_column(shape);
	return task_fields[field].order;
}

static void
add_cursor_column(Shape *shape, AfterColumn *column, int place)
{
	const TaskCursor *cursor = &shape->filters->cursor;
	int			field = column->key.field;

	column->expression = order_expression(shape, field);
	/* Keys come first, so that place is among them for all but these. */
	if (field == TASK_ID)
		column->parameter = add_argument(shape, UUIDOID, UUIDPGetDatum(&cursor->id));
	else if (field == TASK_CREATED_ON)
		column->parameter = add_argument(shape, TIMESTAMPTZOID, TimestampTzGetDatum(cursor->created_on));
	else if (!cursor->is_null[place])
		column->parameter = add_argument(shape, task_field_type(field), cursor->keys[place]);
	else
		column->parameter = 0;
}

/* Whether one comparison of rows says it: no column that may be NULL, one direction. */
static bool
is_one_comparison(const AfterColumn *columns, int count)
{
	for (int i = 1; i < count; i++)
	{
		if (columns[i].key.descending != columns[0].key.descending || task_fields[columns[i].key.field].order_nulls)
			return false;
	}
	return true;
}

static void
append_value(StringInfo sql, const AfterColumn *column)
{
	appendStringInfo(sql, "$%d", column->parameter);
	task_field_append_cast(sql, column->key.field);
}

static void
append_comparison(StringInfo sql, const AfterColumn *column, const char *operator)
{
	appendStringInfo(sql, "%s %s ", column->expression, operator);
	append_value(sql, column);
}

static void
append_row_comparison(StringInfo sql, const AfterColumn *columns, int count)
{
	appendStringInfoChar(sql, '(');
	for (int i = 0; i < count; i++)
		appendStringInfo(sql, "%s%s", i == 0 ? "" : ", ", columns[i].expression);
	appendStringInfoString(sql, columns[0].key.descending ? ") < (" : ") > (");
	for (int i = 0; i < count; i++)
	{
		appendStringInfoString(sql, i == 0 ? "" : ", ");
		append_value(sql, &columns[i]);
	}
	appendStringInfoChar(sql, ')');
}

/* Appends that a column comes behind the cursor's, or false where nothing can. */
static void
append_beyond(StringInfo sql, const AfterColumn *column)
{
	bool		descending = column->key.descending;

	/* As the server has it: NULLs are last ascending, first descending. */
	if (column->parameter == 0)
		appendStringInfo(sql, descending ? "%s IS NOT NULL" : "false", column->expression);
	else
	{
		append_comparison(sql, column, descending ? "<" : ">");
		if (!descending && task_fields[column->key.field].order_nulls)
			appendStringInfo(sql, " OR %s IS NULL", column->expression);
	}
}

/*
 * Appends that rows come behind the cursor's, column by column.  The first column is not
 * NULL; that it does not come before the cursor's is said once more for itself, which an
 * index can use.
 */
static void
append_column_comparisons(StringInfo sql, const AfterColumn *columns, int count)
{
	append_comparison(sql, &columns[0], columns[0].key.descending ? "<=" : ">=");
	appendStringInfoString(sql, " AND (");
	for (int i = 0; i < count; i++)
	{
		append_beyond(sql, &columns[i]);
		if (i == count - 1)
			break;
		appendStringInfoString(sql, " OR (");
		if (columns[i].parameter == 0)
			appendStringInfo(sql, "%s IS NULL", columns[i].expression);
		else
			append_comparison(sql, &columns[i], "=");
		appendStringInfoString(sql, " AND (");
	}
	for (int i = 0; i < count - 1; i++)
		appendStringInfoString(sql, "))");
	appendStringInfoChar(sql, ')');
}

/* Appends that rows come behind the cursor's in the order of the list. */
static void
append_after(Shape *shape)
{
	OrderKey	keys[ORDER_MAX_COLUMNS];
	AfterColumn columns[ORDER_MAX_COLUMNS];
	int			count = order_columns(&shape->filters->order, keys);
	/* All rows of the part are equal in the first. */
	int			first = shape->part == PART_NULLS_AFTER ? 1 : 0;

	Assert(first < count);
	memset(columns, 0, sizeof(columns));
	for (int i = first; i < count; i++)
	{
		columns[i].key = keys[i];
		add_cursor_column(shape, &columns[i], i);
	}
	if (shape->sql == NULL)
		return;
	appendStringInfoString(shape->sql, " AND ");
	if (is_one_comparison(columns + first, count - first))
		append_row_comparison(shape->sql, columns + first, count - first);
	else
		append_column_comparisons(shape->sql, columns + first, count - first);
}

static void
append_part(Shape *shape)
{
	const char *order = task_fields[shape->filters->order.keys[0].field].order;

	if (shape->part == PART_NULLS || shape->part == PART_NULLS_AFTER)
	{
		append(shape, " AND ");
		append(shape, order);
		append(shape, " IS NULL");
	}
	else if (shape->part == PART_NOT_NULLS)
	{
		append(shape, " AND ");
		append(shape, order);
		append(shape, " IS NOT NULL");
	}
	if (shape->part == PART_AFTER || shape->part == PART_NULLS_AFTER)
		append_after(shape);
}

/*
 * ASC and DESC stand for the default operators of a type, and to find those of uuid and
 * timestamptz the server tries operator class after operator class, which takes a
 * noticeable part of the first list of a connection.  So their operators are named.
 */
static void
append_order(Shape *shape)
{
	OrderKey	columns[ORDER_MAX_COLUMNS];
	int			count = order_columns(&shape->filters->order, columns);

	for (int i = 0; i < count; i++)
	{
		append(shape, i == 0 ? " ORDER BY " : ", ");
		append(shape, order_expression(shape, columns[i].field));
		if (columns[i].field == TASK_CREATED_ON || columns[i].field == TASK_ID)
			append(shape, columns[i].descending ? " USING >" : " USING <");
		else
			append(shape, columns[i].descending ? " DESC" : " ASC");
	}
}

static void
append_selection(Shape *shape)
{
	/* What is skipped counts in the number of rows that the walk is planned for. */
	if (shape->offset > 0)
		append(shape, "SELECT p.id FROM (");
	append(shape, "SELECT ");
	if (shape->what == SHAPE_IDS)
		append(shape, id_column(shape));
	else if (shape->what == SHAPE_BY_ASSIGNEE)
	{
		append(shape, selections[SHAPE_BY_ASSIGNEE]);
		if (!reads_all_links(shape))
		{
			append(shape, " AND l.task_id IN (SELECT ");
			append(shape, id_column(shape));
		}
	}
	else if (shape->what != SHAPE_TASKS)
		append(shape, selections[shape->what]);
	else if (shape->sql != NULL)
		task_field_select_list(shape->sql);
}

static void
append_limit(Shape *shape)
{
	int			class = row_class(shape);

	if (shape->sql != NULL && class < (int) lengthof(row_classes))
		appendStringInfo(shape->sql, " LIMIT " INT64_FORMAT, row_classes[class]);
	if (shape->offset > 0)
		append_argument(shape, ") AS p (id) OFFSET ", INT8OID, Int64GetDatum(shape->offset), "");
}

/* Appends what stands behind the conditions. */
static void
append_end(Shape *shape)
{
	switch (shape->what)
	{
		case SHAPE_TASKS:
		case SHAPE_IDS:
			append_order(shape);
			append_limit(shape);
			break;
		case SHAPE_COUNT_SOME:
			append(shape, " LIMIT " CppAsString2(SHAPE_SOME) ") AS counted");
			break;
		case SHAPE_TOTALS_OPEN:
			append(shape, " AND t.status <> 'Completed'::taskcrm.task_status");
			/* FALLTHROUGH */
		case SHAPE_TOTALS:
			append(shape, " GROUP BY t.status, t.priority, t.due_date, unassigned");
			break;
		case SHAPE_TOTALS_COUNTED:
			append(shape, " GROUP BY t.status, t.priority");
			break;
		case SHAPE_BY_ASSIGNEE:
			append(shape, reads_all_links(shape) ? "" : ")");
			append(shape, " GROUP BY l.user_id ORDER BY tasks DESC, l.user_id LIMIT " CppAsString2(SHAPE_ASSIGNEES)
				   ") AS m JOIN taskcrm.app_user u ON u.id = m.user_id ORDER BY m.tasks DESC, u.id");
			break;
		case SHAPE_COUNT_AMONG:
			append_argument(shape, " AND t.id = ANY (", UUIDARRAYOID, shape->ids, ")");
			break;
		case SHAPE_COUNT:
		case SHAPE_COUNTERS:
			break;
	}
}

/* Puts the statement together, or with sql NULL only its arguments. */
static void
compose(Shape *shape, const pg_uuid_t *org_id)
{
	append_selection(shape);
	append_from(shape, org_id);
	append_filters(shape);
	append_part(shape);
	append_end(shape);
}

/* Finds or makes the kept statement, and the arguments for it. */
static SPIPlanPtr
prepare(Shape *shape, const pg_uuid_t *org_id)
{
	const TaskFilters *filters = shape->filters;
	PlanKey		key;
	SPIPlanPtr	plan;

	shape->driver = shape->what == SHAPE_COUNT_AMONG ? -1 : filter_driver(filters, is_ordered(shape->what));
	shape->links_suffice = may_read_links_only(shape) && policy_shows_all_tasks();
	key = make_key(shape);
	plan = plan_lookup_shape(&key);
	shape->links_only = shape->links_suffice && shape->driver >= 0 &&
		filter_is_only(filters, (uint32) 1 << shape->driver);
	if (plan == NULL)
		shape->sql = makeStringInfo();
	compose(shape, org_id);
	if (plan == NULL)
		plan = plan_keep_shape(&key, shape->sql->data, shape->count, shape->types, needs_value(shape));
	return plan;
}

/*
 * Whether the counters can say how many tasks pass the filters, and may: they know nothing
 * of policies.
 */
bool
shape_is_counted(const TaskFilters *filters)
{
	return filter_is_only(filters, COUNTED_BY) && policy_shows_all_counters();
}

/*
 * Runs one statement of a list; SPI_tuptable and SPI_processed hold the rows.  limit:
 * of rows, more than 0, for what is ordered; offset: for SHAPE_IDS; else both are 0.
 * Needs an API call in progress.
 */
void
shape_run(const TaskFilters *filters, const pg_uuid_t *org_id, ShapeWhat what, ShapePart part,
		  int64 limit, int64 offset)
{
	Shape		shape = {.filters = filters, .what = what, .part = part, .limit = limit, .offset = offset};
	SPIPlanPtr	plan = prepare(&shape, org_id);

	Assert(is_ordered(what) ? limit > 0 : limit == 0);
	Assert(offset == 0 || what == SHAPE_IDS);
	plan_run_shape(plan, shape.values, limit);
}

/*
 * Runs the statement that counts which of some tasks pass the filters; the count is the one
 * row in SPI_tuptable.  ids: uuid[].  Needs an API call in progress.
 */
void
shape_count_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids)
{
	Shape		shape = {.filters = filters, .what = SHAPE_COUNT_AMONG, .part = PART_WHOLE, .ids = ids};
	SPIPlanPtr	plan = prepare(&shape, org_id);

	plan_run_shape(plan, shape.values, 0);
}
