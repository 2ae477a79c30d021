/*
 * list_statement.c
 *		The text and the arguments of the statements that read lists of tasks.
 *
 * There is one statement for each combination of what is read, which filters restrict the
 * list and in which variant, the ordering, and the part of the list.  A single statement
 * with "or $n is null" conditions would get one plan that is bad for most lists.
 *
 * The number of wanted rows is a constant in the statement, because the planner assumes a
 * tenth of the list for an unknown number.  To keep the number of statements small, it is
 * rounded up, and the executor is stopped at the exact number.
 *
 * Every table in a statement has the condition org_id = $1, so that the planner reduces
 * the policies to one comparison for each scan.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "task/list_after.h"
#include "task/list_filter_spec.h"
#include "task/list_statement.h"
#include "task/list_where.h"
#include "task/task_fields.h"
#include "task/task_links.h"

/* The arguments of LIST_QUERY_REASSIGN are as many as those of a cursor at least. */
StaticAssertDecl(4 <= ORDER_MAX_COLUMNS, "reassigning needs no more arguments than a cursor");
StaticAssertDecl(LIST_GROUPS_MAX_ARGS <= ORDER_MAX_COLUMNS, "groups need no more arguments than a cursor");

#define IS_OPEN "t.status <> 'Completed'::taskcrm.task_status"

/*
 * Whether a task has no assignee is looked up for each open task, which a sub-select with a
 * limit makes sure of: EXISTS may be made from all links of the organization.
 */
#define TOTALS_SQL \
	"t.status::pg_catalog.text, t.priority::pg_catalog.text, t.due_date," \
	" CASE WHEN " IS_OPEN " THEN (SELECT true" \
	" FROM taskcrm.task_assignee l WHERE l.org_id = $1 AND l.task_id = t.id LIMIT 1) IS NULL END AS unassigned," \
	" pg_catalog.count(*)"

/* The same of tasks that have an assignee. */
#define TOTALS_ASSIGNED_SQL \
	"t.status::pg_catalog.text, t.priority::pg_catalog.text, t.due_date, CASE WHEN " IS_OPEN " THEN false END," \
	" pg_catalog.count(*)"

/* The same of the open tasks of a whole organization, from the links of all of them. */
#define TOTALS_OPEN_SQL \
	"NULL::pg_catalog.text, NULL::pg_catalog.text, t.due_date, a.task_id IS NULL AS unassigned, pg_catalog.count(*)"
#define ASSIGNED_SQL \
	" LEFT JOIN (SELECT DISTINCT l.task_id FROM taskcrm_internal.open_link l" \
	" WHERE l.org_id = $1 AND l.kind = %d) a ON a.task_id = t.id"

/* The task of each link of a sub-select that ends here. */
#define TASK_OF_LINK_SQL \
	") d CROSS JOIN LATERAL (SELECT i.* FROM taskcrm.task i" \
	" WHERE i.org_id = $1 AND i.id = d.task_id OFFSET 0) t WHERE true"

/* The tasks of each user, from all links of open tasks, or from the links of some tasks. */
#define ALL_LINKS_SQL \
	"(SELECT o.target_id AS user_id FROM taskcrm_internal.open_link o WHERE o.org_id = $1 AND o.kind = %d) l"
#define LINKS_OF_TASKS_SQL \
	" OFFSET 0) s (id) CROSS JOIN LATERAL (SELECT k.user_id FROM taskcrm.task_assignee k" \
	" WHERE k.org_id = $1 AND k.task_id = s.id OFFSET 0) l"

/*
 * The end of LIST_QUERY_REASSIGN.  The tasks and then the links are locked in the order of
 * their keys.  %1$d: the assignee; %2$d: uuid[] with the other one, or empty; %3$d: whether
 * completed tasks are taken from the assignee too; %4$d: and given to the other one.
 */
#define REASSIGN_SQL \
	" AND ($%3$d OR " IS_OPEN ") ORDER BY t.id FOR NO KEY UPDATE OF t)," \
	" o AS MATERIALIZED (SELECT h.task_id, h.created_on, k.is_open, k.is_open OR $%4$d AS moves" \
	" FROM taskcrm.task_assignee h JOIN k ON k.id = h.task_id" \
	" WHERE h.org_id = $1 AND h.user_id = $%1$d ORDER BY h.task_id FOR UPDATE OF h)," \
	" d AS (DELETE FROM taskcrm.task_assignee l USING o" \
	" WHERE l.org_id = $1 AND l.user_id = $%1$d AND l.task_id = o.task_id RETURNING 1)," \
	" w AS MATERIALIZED (SELECT o.task_id, o.created_on, u.id FROM o, unnest($%2$d) u (id) WHERE o.moves)," \
	" i AS (INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)" \
	" SELECT $1, w.task_id, w.id, w.created_on FROM w ORDER BY w.task_id" \
	" ON CONFLICT (org_id, task_id, user_id) DO NOTHING RETURNING 1)" \
	" SELECT (SELECT count(*) FROM o), (SELECT count(*) FROM d), (SELECT count(*) FROM w)," \
	" (SELECT count(*) FROM i)," \
	" (SELECT count(*) FROM w JOIN taskcrm.task_assignee a" \
	" ON a.org_id = $1 AND a.task_id = w.task_id AND a.user_id = w.id)," \
	" (SELECT count(*) FROM o WHERE o.is_open AND o.task_id NOT IN (SELECT w.task_id FROM w)" \
	" AND NOT EXISTS (SELECT FROM taskcrm.task_assignee a" \
	" WHERE a.org_id = $1 AND a.task_id = o.task_id AND a.user_id <> $%1$d))"

/* In the words of ListQueryLock. */
static const char *const lock_clauses[] = {"", " FOR NO KEY UPDATE OF t", " FOR UPDATE OF t"};

const ListKind list_statement_kinds[] = {
	[LIST_QUERY_TASKS] = {.is_ordered = true, .selects_columns = true},
	[LIST_QUERY_IDS] = {.is_ordered = true},
	[LIST_QUERY_COUNT] = {"pg_catalog.count(*)"},
	[LIST_QUERY_COUNTERS] = {"pg_catalog.sum(t.n)::pg_catalog.int8", .reads_counters = true},
	[LIST_QUERY_COUNT_SOME] = {"pg_catalog.count(*) FROM (SELECT"},
	[LIST_QUERY_COUNT_AMONG] = {"pg_catalog.count(*)", .reads_among = true},
	[LIST_QUERY_AMONG] = {.reads_among = true, .selects_columns = true},
	[LIST_QUERY_LOCK] = {"t.id", .selects_columns = true, .depends_on_values = true},
	[LIST_QUERY_TOTALS] = {TOTALS_SQL, .selects_columns = true, .depends_on_values = true},
	[LIST_QUERY_TOTALS_OPEN] = {TOTALS_SQL, .selects_columns = true, .depends_on_values = true},
	[LIST_QUERY_TOTALS_COUNTED] = {"t.status::pg_catalog.text, t.priority::pg_catalog.text,"
	" NULL::pg_catalog.date, NULL::pg_catalog.bool, pg_catalog.sum(t.n)::pg_catalog.int8", .reads_counters = true},
	[LIST_QUERY_BY_ASSIGNEE] = {"u.id, u.name, u.email, m.tasks"
		" FROM (SELECT l.user_id, pg_catalog.count(*) AS tasks FROM ", .depends_on_values = true},
	[LIST_QUERY_GROUPS] = {.selects_columns = true, .depends_on_values = true},
	[LIST_QUERY_GROUPS_LINKED] = {.depends_on_values = true},
	[LIST_QUERY_GROUPS_COUNTED] = {.reads_counters = true},
	[LIST_QUERY_REASSIGN] = {"t.id, " IS_OPEN " AS is_open", .selects_columns = true, .depends_on_values = true}
};

/*
 * The row counts that statements are planned for: the usual page sizes, plus the extra
 * row that lists ask for.
 */
static const int64 row_classes[] = {11, 21, 51, 101, 1001, 10001, 100001, 1000001};

/*
 * Returns whether the tasks are found in another way than by the filters.  To order by
 * relevance, all that match are found first.
 */
bool
list_statement_walks_tasks(const ListQuery *query)
{
	if (list_statement_kind(query)->is_ordered)
		return !list_order_is_by(&query->filters->order, ORDER_RELEVANCE);
	return list_statement_kind(query)->reads_among;
}

/*
 * Returns the index of the row class for the wanted rows, for the key of the statement; past
 * the last one, there is no limit.
 */
int
list_statement_row_class(const ListQuery *query)
{
	int			i = 0;

	while (i < (int) lengthof(row_classes) &&
		   (query->offset >= row_classes[i] || query->offset + query->limit > row_classes[i]))
		i++;
	return i;
}

/* Returns whether every open task passes. */
static bool
passes_all_open(const TaskFilters *filters)
{
	if (filters->filters[FILTER_STATUS].variant == STATUS_OPEN)
		return list_where_is_only(filters, (uint32) 1 << FILTER_STATUS);
	return list_where_is_only(filters, 0);
}

/* Returns whether it reads all assignees of open tasks without checking which tasks they have. */
static bool
reads_all_links(const ListQuery *query)
{
	return query->what == LIST_QUERY_BY_ASSIGNEE && query->open_links && query->links_suffice &&
		passes_all_open(query->filters);
}

static void
append_sql(ListQuery *query, const char *text)
{
	if (query->sql != NULL)
		appendStringInfoString(query->sql, text);
}

/* Adds an argument and returns the number of its parameter. */
static int
add_query_argument(ListQuery *query, Oid type, Datum value)
{
	if (query->count >= MAX_PARAMETERS)
		elog(ERROR, "too many parameters in a list of tasks");
	query->types[query->count] = type;
	query->values[query->count] = value;
	return ++query->count;
}

/* Adds an argument and appends its parameter. */
static void
append_argument(ListQuery *query, const char *before, Oid type, Datum value, const char *after)
{
	int			parameter = add_query_argument(query, type, value);

	if (query->sql != NULL)
		appendStringInfo(query->sql, "%s$%d%s", before, parameter, after);
}

/*
 * Returns whether the links of open tasks are sorted before the tasks are read, of which a
 * page needs few.
 */
static bool
sorts_links(const ListQuery *query)
{
	return query->open_links && !query->links_only && list_statement_kind(query)->is_ordered &&
		list_order_is_by(&query->filters->order, TASK_CREATED_ON);
}

static void
append_from(ListQuery *query, const pg_uuid_t *org_id)
{
	const TaskFilter *filter;
	int			parameter;

	add_query_argument(query, UUIDOID, UUIDPGetDatum(org_id));
	if (reads_all_links(query))
		return;
	if (query->driver < 0)
	{
		append_sql(query, list_statement_kind(query)->reads_counters ? " FROM taskcrm_internal.task_count t" : " FROM taskcrm.task t");
		if (query->sql != NULL && query->what == LIST_QUERY_TOTALS_OPEN && query->open_links)
			appendStringInfo(query->sql, ASSIGNED_SQL, task_links_kind(TASK_ASSIGNED_TO));
		append_sql(query, " WHERE t.org_id = $1");
		return;
	}
	filter = &query->filters->filters[query->driver];
	parameter = add_query_argument(query, list_where_argument_type(query->filters, query->driver), filter->value);
	if (query->sql == NULL)
		return;
	appendStringInfoString(query->sql, query->links_only ? " FROM " :
						   query->visits_each_link ? " FROM (SELECT d.task_id, d.created_on FROM " :
						   sorts_links(query) ? " FROM taskcrm.task t, (SELECT d.task_id, d.created_on FROM " : " FROM taskcrm.task t, ");
	list_where_append_links(query->sql, query->driver, query->open_links, "d");
	appendStringInfo(query->sql, " = $%d", parameter);
	if (sorts_links(query))
		appendStringInfo(query->sql, " ORDER BY d.created_on USING %1$s, d.task_id USING %1$s OFFSET 0",
						 query->filters->order.keys[0].descending ? ">" : "<");
	if (query->visits_each_link)
		appendStringInfoString(query->sql, TASK_OF_LINK_SQL);
	else if (sorts_links(query))
		appendStringInfoString(query->sql, ") d WHERE t.org_id = $1 AND t.id = d.task_id");
	else if (!query->links_only)
		appendStringInfoString(query->sql, " AND t.org_id = $1 AND t.id = d.task_id");
}

/*
 * Returns whether the links of a page say that its tasks are open.  The condition is checked all
 * the same, for triggers of others that read before the links follow a change, but in words that
 * no partial index of open tasks has: in those the server might look for the task of each link.
 */
static bool
is_said_by_links(const ListQuery *query)
{
	return query->what == LIST_QUERY_TASKS && query->open_links && query->driver >= 0 && !query->visits_each_link &&
		query->filters->filters[FILTER_STATUS].variant == STATUS_OPEN;
}

static void
append_filters(ListQuery *query)
{
	const TaskFilters *filters = query->filters;

	for (int key = 0; key < FILTER_KEYS; key++)
	{
		int			variant;
		int			parameter;
		Oid			type;
		Datum		value;

		if (key == query->driver || !filters->filters[key].present ||
			(key == FILTER_STATUS && (query->links_only || reads_all_links(query))))
			continue;
		if (key == FILTER_STATUS && is_said_by_links(query))
		{
			append_sql(query, " AND (" IS_OPEN ") IS TRUE");
			continue;
		}
		variant = list_where_variant(filters, key, list_statement_walks_tasks(query));
		parameter = add_query_argument(query, list_where_argument_type(filters, key), filters->filters[key].value);
		if (key == FILTER_TITLE || key == FILTER_SEARCH)
			query->term = parameter;
		if (list_where_second_argument(filters, key, variant, &type, &value))
			add_query_argument(query, type, value);
		if (query->sql == NULL)
			continue;
		appendStringInfoString(query->sql, " AND ");
		list_where_append_condition(query->sql, filters, key, variant, query->open_links,
									query->visits_each_link, parameter);
	}
}

static void
append_own_filters(ListQuery *query)
{
	for (int i = 0; i < query->filters->nown; i++)
	{
		const OwnFilter *filter = &query->filters->own[i];
		int			parameter = add_query_argument(query, list_own_argument_type(filter), filter->value);

		if (query->sql == NULL)
			continue;
		appendStringInfoString(query->sql, " AND ");
		list_own_append_condition(query->sql, filter, parameter);
	}
}

static void
append_tree(ListQuery *query)
{
	const TreeSql *tree = query->filters->tree;

	if (tree == NULL)
		return;
	for (int i = 0; i < tree->count; i++)
		append_argument(query, tree->pieces[i].text, tree->pieces[i].type, tree->pieces[i].value, "");
	append_sql(query, tree->rest.data);
}

/*
 * Returns whether created_on and the id are those of the driving table.  Not in another
 * order, which an index of task may have.
 */
static bool
has_columns_of_links(const ListQuery *query)
{
	return query->driver >= 0 &&
		(!list_statement_kind(query)->is_ordered || list_order_is_by(&query->filters->order, TASK_CREATED_ON));
}

static const char *
created_on_column(const ListQuery *query)
{
	return has_columns_of_links(query) ? "d.created_on" : "t.created_on";
}

static const char *
id_column(const ListQuery *query)
{
	return has_columns_of_links(query) ? "d.task_id" : "t.id";
}

/* Returns a column of the order as an expression of the statement. */
static const char *
order_expression(const ListQuery *query, int field)
{
	if (field == TASK_ID)
		return id_column(query);
	if (field == TASK_CREATED_ON)
		return created_on_column(query);
	if (field == ORDER_RELEVANCE)
		return psprintf("taskcrm_internal.%s(t.title, t.description, $%d)",
						query->filters->order.without_accents ? "text_rank_unaccented" : "text_rank", query->term);
	return task_fields[field].order;
}

static void
add_cursor_column(ListQuery *query, AfterColumn *column, int place)
{
	const TaskCursor *cursor = &query->filters->cursor;
	int			field = column->key.field;

	column->expression = order_expression(query, field);
	/* Keys come first, so that place is among them for all but these. */
	if (field == TASK_ID)
		column->parameter = add_query_argument(query, UUIDOID, UUIDPGetDatum(&cursor->id));
	else if (field == TASK_CREATED_ON)
		column->parameter = add_query_argument(query, TIMESTAMPTZOID, TimestampTzGetDatum(cursor->created_on));
	else if (!cursor->is_null[place])
		column->parameter = add_query_argument(query, field == ORDER_RELEVANCE ? INT4OID : task_field_type(field),
											   cursor->keys[place]);
	else
		column->parameter = 0;
}

/* Appends the condition that rows come after the cursor's in the order of the list. */
static void
append_after(ListQuery *query)
{
	OrderKey	keys[ORDER_MAX_COLUMNS];
	AfterColumn columns[ORDER_MAX_COLUMNS];
	int			count = list_order_columns(&query->filters->order, keys);
	/* All rows of the part are equal in the first column. */
	int			first = query->part == PART_NULLS_AFTER ? 1 : 0;

	Assert(first < count);
	memset(columns, 0, sizeof(columns));
	for (int i = first; i < count; i++)
	{
		columns[i].key = keys[i];
		add_cursor_column(query, &columns[i], i);
	}
	if (query->sql == NULL)
		return;
	appendStringInfoString(query->sql, " AND ");
	list_after_append(query->sql, columns + first, count - first);
}

static void
append_part(ListQuery *query)
{
	const char *order = list_order_field(query->filters->order.keys[0].field)->order;

	if (query->part == PART_NULLS || query->part == PART_NULLS_AFTER)
	{
		append_sql(query, " AND ");
		append_sql(query, order);
		append_sql(query, " IS NULL");
	}
	else if (query->part == PART_NOT_NULLS)
	{
		append_sql(query, " AND ");
		append_sql(query, order);
		append_sql(query, " IS NOT NULL");
	}
	if (query->part == PART_AFTER || query->part == PART_NULLS_AFTER)
		append_after(query);
}

/*
 * Returns the column of an enum that has the same value in all rows and leads to an index
 * for them, or -1.  The planner does not know that such a column is constant, since its
 * condition has no operator, and uses the index for the order only if the column is part of
 * it.  With other filters, another index may be better.
 */
static int
find_constant_column(const ListQuery *query)
{
	const TaskFilters *filters = query->filters;
	const OwnFilter *own = filters->own;

	if (filters->nown != 1 || filters->tree != NULL || own->operator >= OWN_GTE || own->is_array || !task_fields[own->field].is_indexed ||
		filters->order.count != 1 || filters->order.keys[0].field != TASK_CREATED_ON)
		return -1;
	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (filters->filters[i].present)
			return -1;
	}
	return own->field;
}

/*
 * ASC and DESC mean the default operators of a type.  To find those of uuid and
 * timestamptz, the server tries one operator class after the other, which takes a
 * noticeable part of a connection's first list.  So the operators are named explicitly.
 */
static void
append_order(ListQuery *query)
{
	OrderKey	columns[ORDER_MAX_COLUMNS];
	int			count = list_order_columns(&query->filters->order, columns);
	int			constant = find_constant_column(query);

	append_sql(query, " ORDER BY ");
	if (constant >= 0)
	{
		append_sql(query, task_fields[constant].order);
		append_sql(query, columns[0].descending ? " DESC, " : " ASC, ");
	}
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			append_sql(query, ", ");
		append_sql(query, order_expression(query, columns[i].field));
		if (columns[i].field == TASK_CREATED_ON || columns[i].field == TASK_ID)
			append_sql(query, columns[i].descending ? " USING >" : " USING <");
		else
			append_sql(query, columns[i].descending ? " DESC" : " ASC");
	}
}

static void
append_group_selection(ListQuery *query)
{
	append_sql(query, "WITH k AS NOT MATERIALIZED (SELECT ");
	append_sql(query, query->what == LIST_QUERY_GROUPS_LINKED ? id_column(query) : query->groups->columns);
	append_sql(query, query->what == LIST_QUERY_GROUPS_LINKED ? " AS id" : "");
}

static void
append_selection(ListQuery *query)
{
	if (query->groups != NULL)
	{
		append_group_selection(query);
		return;
	}
	/* Skipped rows count in the number of rows that the scan is planned for. */
	if (query->offset > 0)
		append_sql(query, "SELECT p.id FROM (");
	append_sql(query, query->what == LIST_QUERY_REASSIGN ? "WITH k AS MATERIALIZED (SELECT " : "SELECT ");
	if (query->what == LIST_QUERY_IDS)
		append_sql(query, id_column(query));
	else if (query->what == LIST_QUERY_BY_ASSIGNEE)
	{
		append_sql(query, list_statement_kind(query)->selection);
		if (!reads_all_links(query))
		{
			append_sql(query, "(SELECT ");
			append_sql(query, id_column(query));
		}
		else if (query->sql != NULL)
			appendStringInfo(query->sql, ALL_LINKS_SQL, task_links_kind(TASK_ASSIGNED_TO));
	}
	else if (query->what == LIST_QUERY_TOTALS_OPEN && query->open_links)
		append_sql(query, TOTALS_OPEN_SQL);
	else if (query->what == LIST_QUERY_TOTALS && query->filters->filters[FILTER_ASSIGNED_TO].present)
		append_sql(query, TOTALS_ASSIGNED_SQL);
	else if (query->what != LIST_QUERY_TASKS && query->what != LIST_QUERY_AMONG)
		append_sql(query, list_statement_kind(query)->selection);
	else if (query->sql != NULL)
		task_field_select_list(query->sql);
}

static void
append_limit(ListQuery *query)
{
	int			class = list_statement_row_class(query);

	if (query->sql != NULL && class < (int) lengthof(row_classes))
		appendStringInfo(query->sql, " LIMIT " INT64_FORMAT, row_classes[class]);
	if (query->offset > 0)
		append_argument(query, ") AS p (id) OFFSET ", INT8OID, Int64GetDatum(query->offset), "");
}

static void
append_reassign(ListQuery *query)
{
	static const Oid types[] = {UUIDOID, UUIDARRAYOID, BOOLOID, BOOLOID};
	int			parameters[lengthof(types)];

	for (int i = 0; i < (int) lengthof(types); i++)
		parameters[i] = add_query_argument(query, types[i], query->reassign[i]);
	if (query->sql != NULL)
		appendStringInfo(query->sql, REASSIGN_SQL, parameters[0], parameters[1], parameters[2], parameters[3]);
}

static void
append_groups(ListQuery *query)
{
	const ListGroups *groups = query->groups;
	int			first = query->count + 1;

	for (int i = 0; i < groups->nargs; i++)
		(void) add_query_argument(query, groups->types[i], groups->values[i]);
	if (query->sql != NULL)
		groups->append_end(query->sql, groups, first, query->open_links);
}

/* Appends the clauses after the conditions. */
static void
append_end(ListQuery *query)
{
	switch (query->what)
	{
		case LIST_QUERY_TASKS:
		case LIST_QUERY_IDS:
			append_order(query);
			append_limit(query);
			break;
		case LIST_QUERY_COUNT_SOME:
			append_sql(query, " LIMIT " CppAsString2(LIST_QUERY_SOME) ") AS counted");
			break;
		case LIST_QUERY_TOTALS_OPEN:
			append_sql(query, " AND " IS_OPEN);
			/* FALLTHROUGH */
		case LIST_QUERY_TOTALS:
			append_sql(query, " GROUP BY 1, 2, 3, 4");
			break;
		case LIST_QUERY_TOTALS_COUNTED:
			append_sql(query, " GROUP BY t.status, t.priority");
			break;
		case LIST_QUERY_BY_ASSIGNEE:
			if (!reads_all_links(query))
				append_sql(query, query->links_only ? LINKS_OF_TASKS_SQL : " AND " IS_OPEN LINKS_OF_TASKS_SQL);
			append_sql(query, " GROUP BY l.user_id ORDER BY tasks DESC, l.user_id LIMIT " CppAsString2(LIST_QUERY_ASSIGNEES)
					   ") AS m JOIN taskcrm.app_user u ON u.id = m.user_id ORDER BY m.tasks DESC, u.id");
			break;
		case LIST_QUERY_COUNT_AMONG:
			append_argument(query, " AND t.id = ANY (", UUIDARRAYOID, query->ids, ")");
			break;
		case LIST_QUERY_AMONG:
			append_argument(query, " AND t.id = ANY (", UUIDARRAYOID, query->ids, ") ORDER BY t.id");
			break;
		case LIST_QUERY_LOCK:
			append_argument(query, " ORDER BY t.id LIMIT ", INT8OID, Int64GetDatum(query->lock_limit), lock_clauses[query->lock]);
			break;
		case LIST_QUERY_REASSIGN:
			append_reassign(query);
			break;
		case LIST_QUERY_GROUPS:
		case LIST_QUERY_GROUPS_LINKED:
		case LIST_QUERY_GROUPS_COUNTED:
			append_groups(query);
			break;
		case LIST_QUERY_COUNT:
		case LIST_QUERY_COUNTERS:
			break;
	}
}

/*
 * Builds the statement, or only its arguments if sql is NULL.  The other members of query
 * say what is read, and in which way.
 */
void
list_statement_compose(ListQuery *query, const pg_uuid_t *org_id)
{
	append_selection(query);
	append_from(query, org_id);
	append_filters(query);
	append_own_filters(query);
	append_tree(query);
	append_part(query);
	append_end(query);
}
