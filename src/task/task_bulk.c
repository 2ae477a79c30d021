/*
 * task_bulk.c
 *		Changes and deletes all tasks that pass filters.
 *
 * A first statement locks the tasks in the order of their ids, a second one reads those that
 * still pass the filters, whatever others have committed meanwhile.  Then one statement
 * writes all tasks and their links.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/sqlstate.h"
#include "db/plan.h"
#include "task/list_query.h"
#include "task/task_bulk.h"
#include "task/task_delete.h"
#include "task/task_merge.h"
#include "task/task_write.h"

/* The tasks that pass the filters, and what of them changes. */
typedef struct Bulk
{
	const Identity *identity;
	SPITupleTable *rows;		/* with the columns of task_field_select_list(), by id */
	int			matched;
	int			changed;
	Datum	   *ids;			/* of those that change, in order */
} Bulk;

/* The links of one kind that are deleted and inserted: pairs of a task and a target. */
typedef struct BulkLinks
{
	TaskLinks	gone;
	TaskLinks	added;
} BulkLinks;

static void build_bulk_update(KeptPlan *plan, StringInfo sql);

static KeptPlan bulk_update_plan = {.mode = OWNER_TENANT, .build = build_bulk_update};

/* Appends the DELETE and the INSERT of the links of one kind. */
static void
append_bulk_links(KeptPlan *plan, StringInfo sql, int kind)
{
	const TaskField *field = &task_fields[task_links[kind]];
	int			first = plan_parameter(plan, UUIDARRAYOID);

	for (int i = 1; i < 4; i++)
		plan_parameter(plan, UUIDARRAYOID);
	appendStringInfo(sql, ", d%d AS (DELETE FROM taskcrm.%s l USING unnest($%d, $%d) g (task_id, id)"
					 " WHERE l.org_id = $1 AND l.task_id = g.task_id AND l.%s = g.id)",
					 kind, field->link_table, first, first + 1, field->link_column);
	appendStringInfo(sql, ", i%d AS (INSERT INTO taskcrm.%s (org_id, task_id, %s, created_on)"
					 " SELECT $1, k.id, a.id, k.created_on FROM unnest($%d, $%d) a (task_id, id)"
					 " JOIN taskcrm.task k ON k.org_id = $1 AND k.id = a.task_id"
					 " ON CONFLICT (org_id, task_id, %s) DO NOTHING)",
					 kind, field->link_table, field->link_column, first + 2, first + 3, field->link_column);
}

/*
 * $1 organization, $2 tasks, $3 now, $4 which columns are sent, as bits; then the columns,
 * and for each kind of link the tasks and targets to delete, and to insert.
 */
static void
build_bulk_update(KeptPlan *plan, StringInfo sql)
{
	int			fields[TASK_MAX_FIELDS];
	int			count = task_field_writable_columns(fields);

	plan->nargs = 0;
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, UUIDARRAYOID);
	plan_parameter(plan, TIMESTAMPTZOID);
	plan_parameter(plan, INT4OID);
	appendStringInfoString(sql, "WITH t AS (UPDATE taskcrm.task AS t SET updated_on = $3, version = t.version + 1");
	for (int i = 0; i < count; i++)
	{
		const char *column = task_fields[fields[i]].column;

		appendStringInfo(sql, ", %s = CASE WHEN $4 & %d <> 0 THEN $%d", column, 1 << i,
						 plan_parameter(plan, task_field_type(fields[i])));
		task_field_append_cast(sql, fields[i]);
		appendStringInfo(sql, " ELSE t.%s END", column);
	}
	appendStringInfoString(sql, " WHERE t.org_id = $1 AND t.id = ANY ($2) RETURNING t.id)");
	for (int kind = 0; kind < TASK_LINKS; kind++)
		append_bulk_links(plan, sql, kind);
	appendStringInfoString(sql, " SELECT t.id FROM t");
}

/* --- what is sent --- */

static void
read_bulk_option(void *state, const char *name, const JsonbValue *value)
{
	BulkOptions *options = state;
	JsonReadKey key = {.object = "options", .key = name};
	/* Not an empty string: "?dry_run" must not change anything. */
	bool		is_sent = value->type != jbvNull;

	if (strcmp(name, "dry_run") == 0)
		options->dry_run = is_sent && json_read_bool(&key, value);
	else if (strcmp(name, "all") == 0)
		options->all = is_sent && json_read_bool(&key, value);
	else if (strcmp(name, "max_affected") == 0)
		options->max_affected = is_sent ? json_read_integer_between(&key, value, 1, BULK_MOST) : BULK_USUAL;
	else if (strcmp(name, "expected") == 0)
		options->expected = is_sent ? json_read_integer(&key, value, PG_INT32_MAX) : -1;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_read_clip(name), key.object),
				 errhint("Valid keys are dry_run, max_affected, expected, all.")));
}

/* Reads the options of a call.  json: NULL for none.  Raises 22023. */
void
bulk_options_read(BulkOptions *options, Jsonb *json)
{
	*options = (BulkOptions) {.max_affected = BULK_USUAL, .expected = -1};
	if (json != NULL)
		json_read_object(&json->root, "options", read_bulk_option, options);
}

/*
 * Reads what all tasks are changed to.  Raises 22023, 22007 or 22P02, naming the key.  Keys
 * of one task alone, such as its version, are refused.
 */
void
bulk_input_read(TaskInput *data, Jsonb *json)
{
	task_input_read(data, &json->root, "task_data", TASK_INPUT_UPDATE);
	for (int i = 0; i < task_field_count; i++)
	{
		if (data->sent[i] && !task_fields[i].writable)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("cannot change read-only keys in %s: \"%s\"", "task_data", task_fields[i].key),
					 errhint("Valid keys are %s.", task_field_writable_list())));
	}
}

/* Raises 22023 for a page, and for filters that no task fails without the option for it. */
static void
check_bulk_filters(const TaskFilters *filters, const BulkOptions *options)
{
	bool		is_restricted = filters->nown > 0 || filters->tree != NULL;

	/* A view may have no filter. */
	for (int key = 0; key < FILTER_TIME_ZONE; key++)
		is_restricted = is_restricted || filters->filters[key].present;
	if (filters->limit_given || filters->offset > 0 || filters->cursor.given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("filters for changing tasks cannot contain a page"),
				 errdetail("All tasks that pass the filters are changed."),
				 errhint("Omit limit, offset and cursor.")));
	if (!is_restricted && !options->all)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no filter restricts the tasks"),
				 errdetail("All tasks of the organization would be changed."),
				 errhint("Send a filter, or the option all with the value true.")));
}

/* --- the tasks --- */

/* Raises PT409 or PT412 if the number of tasks is not what the caller expects. */
static void
check_number(int matched, const BulkOptions *options)
{
	if (matched > options->max_affected)
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("more than " INT64_FORMAT " tasks pass the filters", options->max_affected),
				 errhint("Use other filters, or a greater max_affected, up to %d.", BULK_MOST)));
	if (options->expected >= 0 && matched != options->expected)
		ereport(ERROR,
				(errcode(ERRCODE_TC_PRECONDITION_FAILED),
				 errmsg("%d tasks pass the filters, not " INT64_FORMAT, matched, options->expected),
				 errhint("List the tasks again.")));
}

/* Reads the tasks that pass the filters, and locks them unless nothing is to be written. */
static void
find_tasks(Bulk *bulk, const TaskFilters *filters, const BulkOptions *options, ListQueryLock lock)
{
	const pg_uuid_t *org_id = &bulk->identity->org_id;
	uint64		found;
	Datum	   *ids;
	bool		isnull;

	check_bulk_filters(filters, options);
	list_query_lock(filters, org_id, options->dry_run ? LIST_LOCK_NONE : lock, options->max_affected + 1);
	found = SPI_processed;
	if (found > (uint64) options->max_affected)
		check_number((int) found, options);
	ids = palloc(sizeof(Datum) * Max(found, 1));
	for (uint64 row = 0; row < found; row++)
		ids[row] = plan_value(row, 1, &isnull);
	list_query_among(filters, org_id, PointerGetDatum(tc_uuid_array(ids, (int) found)));
	bulk->matched = (int) SPI_processed;
	bulk->rows = SPI_tuptable;
	bulk->ids = palloc(sizeof(Datum) * Max(bulk->matched, 1));
	check_number(bulk->matched, options);
}

static Datum
bulk_value(const Bulk *bulk, int row, int field, bool *isnull)
{
	return SPI_getbinval(bulk->rows->vals[row], bulk->rows->tupdesc, task_field_column(field), isnull);
}

/* Writes the answer. */
static void
write_bulk(JsonWriter *out, const Bulk *bulk)
{
	json_write_open(out, '{');
	json_write_key(out, "matched");
	json_write_int(out, bulk->matched);
	json_write_key(out, "changed");
	json_write_int(out, bulk->changed);
	json_write_key(out, "ids");
	json_write_open(out, '[');
	for (int i = 0; i < bulk->changed; i++)
		json_write_uuid(out, DatumGetUUIDP(bulk->ids[i]));
	json_write_close(out, ']');
	json_write_close(out, '}');
}

/* --- updates --- */

/* Returns whether a column of a task changes. */
static bool
columns_change(const Bulk *bulk, int row, const TaskInput *data)
{
	for (int field = 0; field < task_field_count; field++)
	{
		bool		isnull;
		Datum		value;

		if (!data->sent[field] || task_fields[field].column == NULL)
			continue;
		value = bulk_value(bulk, row, field, &isnull);
		if (!task_merge_is_same(field, value, isnull, data->values[field], data->isnull[field]))
			return true;
	}
	return false;
}

/* Adds each element of an array as a link of a task. */
static void
add_pairs(TaskLinks *links, const pg_uuid_t *task_id, int kind, const ArrayType *targets)
{
	const pg_uuid_t *ids = (const pg_uuid_t *) ARR_DATA_PTR(targets);

	for (int i = 0; i < task_merge_count(targets); i++)
		task_links_add(links, task_id, kind, &ids[i]);
}

/* Finds which tasks change, and how their links do.  after: their links after it. */
static void
find_changes(Bulk *bulk, const TaskInput *data, const TaskLinks *before, TaskLinks *after, BulkLinks *links)
{
	task_links_init(after, before->count);
	task_links_init(&links->gone, 0);
	task_links_init(&links->added, 0);
	for (int row = 0; row < bulk->matched; row++)
	{
		LinkChange	changes[TASK_LINKS];
		bool		isnull;
		Datum		id = bulk_value(bulk, row, TASK_ID, &isnull);
		bool		links_change = task_merge_links(data, DatumGetUUIDP(id), before, after, changes);

		CHECK_FOR_INTERRUPTS();
		if (!links_change && !columns_change(bulk, row, data))
			continue;
		bulk->ids[bulk->changed++] = id;
		for (int kind = 0; kind < TASK_LINKS; kind++)
		{
			add_pairs(&links->gone, DatumGetUUIDP(id), kind, changes[kind].gone);
			add_pairs(&links->added, DatumGetUUIDP(id), kind, changes[kind].added);
		}
	}
	task_links_sort(after);
}

/* Only references that a task gets must exist. */
static void
check_new_in_bulk(const Bulk *bulk, const TaskInput *data, const BulkLinks *links)
{
	TaskReferences references;
	bool		is_new[TASK_LINKS] = {false};

	memset(&references, 0, sizeof(references));
	if (bulk->changed > 0 && data->sent[TASK_ACCOUNT] && !data->isnull[TASK_ACCOUNT])
		task_refs_add(&references, TASK_ACCOUNT, DatumGetUUIDP(data->values[TASK_ACCOUNT]));
	for (uint64 i = 0; i < links->added.count; i++)
		is_new[links->added.links[i].kind] = true;
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		for (int i = 0; is_new[kind] && i < data->links[kind].count; i++)
			task_refs_add(&references, task_links[kind], &data->links[kind].ids[i]);
	}
	task_write_check_references(bulk->identity, &references, data, 1, false);
}

static void
write_changes(const Bulk *bulk, const TaskInput *data, const BulkLinks *links)
{
	PlanArgs	args = {0};
	int			fields[TASK_MAX_FIELDS];
	int			count = task_field_writable_columns(fields);
	int32		sent = 0;

	for (int i = 0; i < count; i++)
		sent |= data->sent[fields[i]] ? (int32) 1 << i : 0;
	plan_arg(&args, UUIDPGetDatum(&bulk->identity->org_id));
	plan_arg(&args, PointerGetDatum(tc_uuid_array(bulk->ids, bulk->changed)));
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	plan_arg(&args, Int32GetDatum(sent));
	for (int i = 0; i < count; i++)
		plan_arg_nullable(&args, (NullableDatum) {
			.value = data->values[fields[i]],
			.isnull = !data->sent[fields[i]] || data->isnull[fields[i]]
		});
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		task_write_add_links(&args, &links->gone, kind);
		task_write_add_links(&args, &links->added, kind);
	}
	task_write_run(&bulk_update_plan, &args);
	plan_require_rows((uint64) bulk->changed, "task");
}

/*
 * Changes the tasks that pass the filters, and writes how many pass and which change.  Raises
 * 22023, PT409 if there are more than max_affected, PT412 if there are not the expected
 * number, 23503 for a bad reference, 23514, and 09000 if a trigger suppresses a row.  Needs
 * an API call in progress.
 */
void
task_bulk_update(JsonWriter *out, const Identity *identity, const TaskFilters *filters,
				 const TaskInput *data, const BulkOptions *options)
{
	Bulk		bulk = {.identity = identity};
	ArrayType  *all;
	TaskLinks	before;
	TaskLinks	after;
	BulkLinks	links;
	bool		isnull;

	find_tasks(&bulk, filters, options, LIST_LOCK_UPDATE);
	for (int row = 0; row < bulk.matched; row++)
		bulk.ids[row] = bulk_value(&bulk, row, TASK_ID, &isnull);
	all = tc_uuid_array(bulk.ids, bulk.matched);
	task_links_fetch(&before, &identity->org_id, all, false);
	find_changes(&bulk, data, &before, &after, &links);
	check_new_in_bulk(&bulk, data, &links);
	if (bulk.changed > 0 && !options->dry_run)
	{
		write_changes(&bulk, data, &links);
		task_links_require(&after, &before, &identity->org_id, all);
	}
	write_bulk(out, &bulk);
}

/* --- deletes --- */

/* Raises PT403 if the caller may not delete one of the tasks, and names it. */
static void
check_deletable(const Bulk *bulk)
{
	for (int row = 0; row < bulk->matched; row++)
	{
		bool		isnull;
		Datum		created_by = bulk_value(bulk, row, TASK_CREATED_BY, &isnull);

		if (!task_delete_is_allowed(bulk->identity, isnull ? NULL : DatumGetUUIDP(created_by)))
			task_delete_refuse(DatumGetUUIDP(bulk_value(bulk, row, TASK_ID, &isnull)));
	}
}

/*
 * Deletes the tasks that pass the filters with everything that belongs to them, and writes
 * which they are.  Raises 22023, PT403 if the caller may not delete one of them, PT409 and
 * PT412 as task_bulk_update() does, 09000.  Needs an API call in progress.
 */
void
task_bulk_delete(JsonWriter *out, const Identity *identity, const TaskFilters *filters, const BulkOptions *options)
{
	Bulk		bulk = {.identity = identity};
	bool		isnull;

	find_tasks(&bulk, filters, options, LIST_LOCK_DELETE);
	check_deletable(&bulk);
	for (int row = 0; row < bulk.matched; row++)
		bulk.ids[row] = bulk_value(&bulk, row, TASK_ID, &isnull);
	bulk.changed = bulk.matched;
	if (bulk.changed > 0 && !options->dry_run)
		task_delete_held(identity, bulk.ids, bulk.changed);
	write_bulk(out, &bulk);
}
