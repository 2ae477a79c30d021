/*
 * directory_list.c
 *		Lists of accounts, contacts, teams, members, views, deleted tasks and events.
 *
 * As for lists of tasks (list_statement.c), there is one statement for each combination of
 * kind, filters and ordering, and every table in it has the condition org_id = $1.  It is
 * planned for the values of each run.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "db/plan.h"
#include "task/directory_list.h"

/* Distinguishes the keys of these statements from those of list_query.c. */
#define KEY_OF_DIRECTORY 0x40000000

/* A statement under construction: its text and its arguments are built together. */
typedef struct DirectoryQuery
{
	const DirectoryFilters *filters;
	bool		counts;			/* how many there are, rather than a page */
	StringInfoData sql;
	int			count;
	Datum		values[PLAN_MAX_ARGS];
	Oid			types[PLAN_MAX_ARGS];
} DirectoryQuery;

StaticAssertDecl(1 + DIRECTORY_MAX_FILTERS + ORDER_MAX_COLUMNS + 2 <= PLAN_MAX_ARGS, "a statement has few parameters");

/* Adds an argument and returns the number of its parameter. */
static int
add_directory_argument(DirectoryQuery *query, Oid type, Datum value)
{
	query->types[query->count] = type;
	query->values[query->count] = value;
	return ++query->count;
}

static void
append_directory_filters(DirectoryQuery *query)
{
	const DirectoryFilters *filters = query->filters;

	for (int i = 0; filters->kind->filters[i].key != NULL; i++)
	{
		const DirectoryFilter *filter = &filters->kind->filters[i];
		bool		with_blank = (filters->with_blank & ((uint32) 1 << i)) != 0;
		int			parameter;

		if ((filters->present & ((uint32) 1 << i)) == 0)
			continue;
		parameter = add_directory_argument(query, directory_filter_type(filter), filters->values[i]);
		appendStringInfoString(&query->sql, " AND ");
		for (const char *c = with_blank ? filter->with_blank : filter->condition; *c != '\0'; c++)
		{
			if (*c == '?')
				appendStringInfo(&query->sql, "%d", parameter);
			else
				appendStringInfoChar(&query->sql, *c);
		}
	}
}

/* Returns an expression of the order; the id follows the keys. */
static const char *
order_column(const DirectoryFilters *filters, int place)
{
	return place == filters->order.count ? filters->kind->id :
		filters->kind->orders[filters->order.keys[place].field].expression;
}

/* The id has the direction of the last key. */
static bool
is_descending(const DirectoryFilters *filters, int place)
{
	return filters->order.keys[Min(place, filters->order.count - 1)].descending;
}

/*
 * Appends the condition that rows come after the cursor's.  The comparison of the first
 * column alone lets an index be used.
 */
static void
append_directory_after(DirectoryQuery *query)
{
	const DirectoryFilters *filters = query->filters;
	int			parameters[ORDER_MAX_KEYS + 1] = {0};
	int			last = filters->order.count;

	for (int i = 0; i <= last; i++)
		parameters[i] = i == last ? add_directory_argument(query, UUIDOID, UUIDPGetDatum(&filters->id)) :
			add_directory_argument(query, filters->kind->orders[filters->order.keys[i].field].type->oid, filters->keys[i]);
	appendStringInfo(&query->sql, " AND %s %s $%d AND (", order_column(filters, 0),
					 is_descending(filters, 0) ? "<=" : ">=", parameters[0]);
	for (int i = 0; i <= last; i++)
	{
		appendStringInfo(&query->sql, "%s %s $%d", order_column(filters, i), is_descending(filters, i) ? "<" : ">",
						 parameters[i]);
		if (i < last)
			appendStringInfo(&query->sql, " OR (%s = $%d AND (", order_column(filters, i), parameters[i]);
	}
	for (int i = 0; i < last; i++)
		appendStringInfoString(&query->sql, "))");
	appendStringInfoChar(&query->sql, ')');
}

static void
append_directory_end(DirectoryQuery *query)
{
	const DirectoryFilters *filters = query->filters;
	int			limit = add_directory_argument(query, INT8OID, Int64GetDatum(filters->paging.limit + 1));
	int			offset = add_directory_argument(query, INT8OID, Int64GetDatum(filters->paging.offset));

	for (int i = 0; i <= filters->order.count; i++)
		appendStringInfo(&query->sql, "%s%s%s", i == 0 ? " ORDER BY " : ", ", order_column(filters, i),
						 is_descending(filters, i) ? " DESC" : " ASC");
	appendStringInfo(&query->sql, " LIMIT $%d OFFSET $%d", limit, offset);
}

static PlanKey
make_directory_key(const DirectoryQuery *query)
{
	const DirectoryFilters *filters = query->filters;
	PlanKey		key = {{0}};

	key.words[0] = filters->present;
	key.words[1] = (uint32) (filters->kind - directory_kinds);
	key.words[2] = KEY_OF_DIRECTORY | (uint32) query->counts << 1 | (uint32) (filters->has_row && !query->counts);
	key.words[3] = filters->with_blank;
	if (!query->counts)
		key.words[4] = list_order_code(&filters->order);
	return key;
}

/* Runs the statement and leaves its rows in the last result. */
static void
run_directory_query(const DirectoryFilters *filters, const pg_uuid_t *org_id, bool counts)
{
	DirectoryQuery query = {.filters = filters, .counts = counts};
	PlanKey		key = make_directory_key(&query);
	SPIPlanPtr	plan = plan_find_query(&key);

	initStringInfo(&query.sql);
	(void) add_directory_argument(&query, UUIDOID, UUIDPGetDatum(org_id));
	appendStringInfo(&query.sql, "SELECT %s FROM %s WHERE t.org_id = $1",
					 counts ? "pg_catalog.count(*)" : filters->kind->select, filters->kind->from);
	if (filters->kind->visible != NULL)
		appendStringInfo(&query.sql, " AND %s", filters->kind->visible);
	append_directory_filters(&query);
	if (!counts && filters->has_row)
		append_directory_after(&query);
	if (!counts)
		append_directory_end(&query);
	if (plan == NULL)
		plan = plan_keep_query(&key, query.sql.data, query.count, query.types, true);
	plan_run_query(plan, query.values, 0);
}

static int64
count_directory(const DirectoryFilters *filters, const pg_uuid_t *org_id)
{
	bool		isnull;

	run_directory_query(filters, org_id, true);
	return DatumGetInt64(plan_value(0, 1, &isnull));
}

/* Reads the rows of the page.  Returns their number; more: whether others follow. */
static uint64
read_directory_page(const DirectoryFilters *filters, const pg_uuid_t *org_id, bool *more)
{
	uint64		limit = (uint64) filters->paging.limit;

	*more = false;
	if (limit == 0)
		return 0;
	run_directory_query(filters, org_id, false);
	*more = SPI_processed > limit;
	return Min(SPI_processed, limit);
}

static void
write_directory_rows(JsonWriter *out, const RowSchema *schema, uint64 count)
{
	for (uint64 row = 0; row < count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		json_write_open(out, '{');
		row_write_fields(out, schema, row);
		json_write_close(out, '}');
	}
}

/*
 * Writes the requested page of a list.  json: the filters, NULL for none; identity: of the
 * caller.  Raises the errors of directory_filters_read().  Needs an API call in progress.
 */
void
directory_list_write(JsonWriter *out, DirectoryNoun noun, Jsonb *json, const Identity *identity)
{
	DirectoryFilters filters;
	ListPaging *paging = &filters.paging;
	ListEnvelope envelope = {0};
	JsonWriter	results;
	uint64		rows;
	bool		more;

	directory_filters_read(&filters, noun, json, identity);
	rows = read_directory_page(&filters, &identity->org_id, &more);
	envelope.by_cursor = paging->sent_cursor != NULL;
	if (more && envelope.by_cursor)
		envelope.next_cursor = directory_filters_cursor(&filters, rows - 1);
	/* Counting replaces the rows of the last statement. */
	json_write_begin(&results);
	write_directory_rows(&results, filters.kind->schema, rows);
	if (!list_paging_gives_total(paging, rows, more, &envelope.total))
		envelope.total = count_directory(&filters, &identity->org_id);
	if (more)
		envelope.next = directory_filters_link(&filters, paging->offset + paging->limit, envelope.next_cursor);
	if (paging->offset > 0 && paging->limit > 0)
		envelope.previous = directory_filters_link(&filters, Max(paging->offset - paging->limit, 0), NULL);
	list_envelope_begin(out, &envelope);
	if (rows > 0)
		json_write_raw(out, json_write_end(&results));
	list_envelope_end(out, &envelope);
}
