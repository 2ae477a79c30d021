/*
 * task_write.c
 *		Creates and updates tasks.
 *
 * Any number of tasks is created with the same few statements: one that looks for bad
 * references, and one that inserts tasks and links together.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/sqlstate.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/open_link.h"
#include "task/own_column.h"
#include "task/task_merge.h"
#include "task/task_refs.h"
#include "task/task_write.h"

static void build_insert(KeptPlan *plan, StringInfo sql);
static void build_lock(KeptPlan *plan, StringInfo sql);
static void build_update(KeptPlan *plan, StringInfo sql);
static void build_update_links(KeptPlan *plan, StringInfo sql);

static KeptPlan insert_plan = {.mode = OWNER_TENANT, .build = build_insert};
static KeptPlan lock_plan = {.mode = OWNER_TENANT, .build = build_lock};
static KeptPlan update_plan = {.mode = OWNER_TENANT, .build = build_update};
static KeptPlan update_links_plan = {.mode = OWNER_TENANT, .build = build_update_links};

/* Returns whether a column that an administrator added has a default. */
static bool
has_defaults(void)
{
	for (int i = TASK_FIELDS; i < task_field_count; i++)
	{
		if (task_fields[i].writable && task_fields[i].has_default)
			return true;
	}
	return false;
}

/* Returns the bit of a field that an administrator added, in a set of sent ones. */
static int32
own_bit(int field)
{
	return (int32) 1 << (field - TASK_FIELDS);
}

/* Appends what a new task gets in a column: the element of its array, or a default. */
static void
append_new_value(StringInfo sql, int field, int place)
{
	char	   *value = task_fields[field].has_default ? own_column_default(task_fields[field].key) : NULL;

	if (value != NULL)
		appendStringInfo(sql, ", CASE WHEN n.sent & %d <> 0 THEN n.c%d ELSE (%s) END", own_bit(field), place, value);
	else
	{
		appendStringInfo(sql, ", n.c%d", place);
		task_field_append_cast(sql, field);
	}
}

/* Appends the INSERT of the links of one kind; its arguments are the tasks and the targets. */
static void
append_new_links(KeptPlan *plan, StringInfo sql, int kind)
{
	const TaskField *field = &task_fields[task_links[kind]];
	int			tasks = plan_parameter(plan, UUIDARRAYOID);
	int			targets = plan_parameter(plan, UUIDARRAYOID);

	appendStringInfo(sql, ", l%d AS (INSERT INTO taskcrm.%s (org_id, task_id, %s, created_on)"
					 " SELECT $1, l.task_id, l.id, $3 FROM unnest($%d, $%d) l (task_id, id))",
					 kind, field->link_table, field->link_column, tasks, targets);
}

/*
 * $1 organization, $2 author, $3 now, $4 ids; an array for each other column of the tasks;
 * if any of them has a default, which of them are sent; then for each kind of link the tasks
 * and the targets.
 */
static void
build_insert(KeptPlan *plan, StringInfo sql)
{
	int			fields[TASK_MAX_FIELDS];
	int			count = task_field_writable_columns(fields);

	plan->nargs = 0;
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, TIMESTAMPTZOID);
	plan_parameter(plan, UUIDARRAYOID);

	appendStringInfoString(sql, "WITH t AS (INSERT INTO taskcrm.task AS t"
						   " (org_id, created_by, created_on, updated_on, id");
	for (int i = 0; i < count; i++)
		appendStringInfo(sql, ", %s", task_fields[fields[i]].column);
	appendStringInfoString(sql, ") SELECT $1, $2, $3, $3, n.id");
	for (int i = 0; i < count; i++)
		append_new_value(sql, fields[i], i);
	appendStringInfoString(sql, " FROM unnest($4");
	for (int i = 0; i < count; i++)
		appendStringInfo(sql, ", $%d", plan_parameter(plan, get_array_type(task_field_type(fields[i]))));
	if (has_defaults())
		appendStringInfo(sql, ", $%d", plan_parameter(plan, INT4ARRAYOID));
	appendStringInfoString(sql, ") n (id");
	for (int i = 0; i < count; i++)
		appendStringInfo(sql, ", c%d", i);
	appendStringInfoString(sql, has_defaults() ? ", sent" : "");
	appendStringInfoString(sql, ") RETURNING ");
	task_field_select_list(sql);
	appendStringInfoChar(sql, ')');
	for (int kind = 0; kind < TASK_LINKS; kind++)
		append_new_links(plan, sql, kind);
	appendStringInfoString(sql, " SELECT * FROM t ORDER BY 1");
}

/*
 * $1 organization, $2 task.  NO KEY UPDATE serializes updates of the task, but does not
 * block comments on it, whose foreign key takes a KEY SHARE lock.
 */
static void
build_lock(KeptPlan *plan, StringInfo sql)
{
	plan->nargs = 0;
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, UUIDOID);
	appendStringInfoString(sql, "SELECT ");
	task_field_select_list(sql);
	appendStringInfoString(sql, " FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = $2 FOR NO KEY UPDATE");
}

/* $1 organization, $2 task, $3 now; then the columns. */
static void
build_update(KeptPlan *plan, StringInfo sql)
{
	int			fields[TASK_MAX_FIELDS];
	int			count = task_field_writable_columns(fields);

	plan->nargs = 0;
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, TIMESTAMPTZOID);
	appendStringInfoString(sql, "UPDATE taskcrm.task AS t SET updated_on = $3, version = t.version + 1");
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(sql, ", %s = $%d", task_fields[fields[i]].column,
						 plan_parameter(plan, task_field_type(fields[i])));
		task_field_append_cast(sql, fields[i]);
	}
	appendStringInfoString(sql, " WHERE t.org_id = $1 AND t.id = $2 RETURNING ");
	task_field_select_list(sql);
}

/*
 * As in build_update; then the task's created_on, and for each kind of link the targets
 * to delete and to insert.
 */
static void
build_update_links(KeptPlan *plan, StringInfo sql)
{
	int			created_on;

	appendStringInfoString(sql, "WITH t AS (");
	build_update(plan, sql);
	appendStringInfoChar(sql, ')');
	created_on = plan_parameter(plan, TIMESTAMPTZOID);
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		const TaskField *field = &task_fields[task_links[kind]];
		int			gone = plan_parameter(plan, UUIDARRAYOID);
		int			added = plan_parameter(plan, UUIDARRAYOID);

		appendStringInfo(sql, ", d%d AS (DELETE FROM taskcrm.%s l"
						 " WHERE l.org_id = $1 AND l.task_id = $2 AND l.%s = ANY ($%d))",
						 kind, field->link_table, field->link_column, gone);
		appendStringInfo(sql, ", i%d AS (INSERT INTO taskcrm.%s (org_id, task_id, %s, created_on)"
						 " SELECT $1, $2, l.id, $%d FROM unnest($%d) l (id)"
						 " ON CONFLICT (org_id, task_id, %s) DO NOTHING)",
						 kind, field->link_table, field->link_column, created_on, added, field->link_column);
	}
	appendStringInfoString(sql, " SELECT * FROM t");
}

/* Raises 23503.  place: of the data among tasks, if is_bulk. */
tc_noreturn static void
raise_missing(const TaskInput *data, int place, bool is_bulk, int field, const pg_uuid_t *id)
{
	if (data->argument != NULL)
		task_refs_raise(data->argument, NULL, field, id);
	task_refs_raise(task_fields[field].key, is_bulk ? psprintf("tasks[%d]", place) : "task_data", field, id);
}

/*
 * Raises 23503 for a reference that does not exist, naming the key that sent it.  data: count
 * of them, which sent the references; is_bulk: messages name the element.  Needs an API call
 * in progress.
 */
void
task_write_check_references(const Identity *identity, const TaskReferences *references,
							const TaskInput *data, int count, bool is_bulk)
{
	int			field;
	pg_uuid_t	id;

	if (!task_refs_missing(references, &identity->org_id, &field, &id))
		return;
	/* Name the element that sent the reference. */
	for (int i = 0; i < count; i++)
	{
		if (field == TASK_ACCOUNT)
		{
			if (data[i].sent[field] && !data[i].isnull[field] &&
				tc_uuid_compare(DatumGetUUIDP(data[i].values[field]), &id) == 0)
				raise_missing(&data[i], i, is_bulk, field, &id);
			continue;
		}
		for (int j = 0; j < data[i].links[task_links_kind(field)].count; j++)
		{
			if (tc_uuid_compare(&data[i].links[task_links_kind(field)].ids[j], &id) == 0)
				raise_missing(&data[i], i, is_bulk, field, &id);
		}
	}
	elog(ERROR, "missing reference was not sent");
}

static void
check_new_references(const Identity *identity, const TaskInput *data, int count, bool is_bulk)
{
	TaskReferences references;

	memset(&references, 0, sizeof(references));
	for (int i = 0; i < count; i++)
	{
		if (data[i].sent[TASK_ACCOUNT] && !data[i].isnull[TASK_ACCOUNT])
			task_refs_add(&references, TASK_ACCOUNT, DatumGetUUIDP(data[i].values[TASK_ACCOUNT]));
		for (int kind = 0; kind < TASK_LINKS; kind++)
		{
			for (int j = 0; j < data[i].links[kind].count; j++)
				task_refs_add(&references, task_links[kind], &data[i].links[kind].ids[j]);
		}
	}
	task_write_check_references(identity, &references, data, count, is_bulk);
}

/* Returns the value that a field is created with if it is not sent. */
static bool
default_value(int field, Datum *value)
{
	if (field == TASK_STATUS)
		*value = CStringGetTextDatum("New");
	else if (field == TASK_PRIORITY)
		*value = CStringGetTextDatum("Normal");
	else
		return false;
	return true;
}

/* Makes an array of one scalar field of all tasks. */
static Datum
column_of(const TaskInput *data, int count, int field)
{
	Datum	   *values = palloc(sizeof(Datum) * count);
	bool	   *nulls = palloc(sizeof(bool) * count);
	int			lower_bound = 1;
	Oid			type = task_field_type(field);
	int16		length;
	bool		by_value;
	char		alignment;

	for (int i = 0; i < count; i++)
	{
		nulls[i] = data[i].isnull[field];
		if (data[i].sent[field])
			values[i] = data[i].values[field];
		else
			nulls[i] = !default_value(field, &values[i]);
	}
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower_bound,
											  type, length, by_value, alignment));
}

/* Makes an array of the sets of columns with a default that the tasks bring. */
static Datum
sent_own(const TaskInput *data, int count)
{
	Datum	   *values = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		int32		sent = 0;

		for (int field = TASK_FIELDS; field < task_field_count; field++)
			sent |= data[i].sent[field] ? own_bit(field) : 0;
		values[i] = Int32GetDatum(sent);
	}
	return PointerGetDatum(construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Adds two arrays of the links of one kind to arguments: the tasks, and what is linked to them. */
void
task_write_add_links(PlanArgs *args, const TaskLinks *links, int kind)
{
	Datum	   *task_ids = palloc_extended(sizeof(Datum) * (links->count + 1), MCXT_ALLOC_HUGE);
	Datum	   *target_ids = palloc_extended(sizeof(Datum) * (links->count + 1), MCXT_ALLOC_HUGE);
	int			count = 0;

	for (uint64 i = 0; i < links->count; i++)
	{
		if (links->links[i].kind != kind)
			continue;
		task_ids[count] = UUIDPGetDatum(&links->links[i].task_id);
		target_ids[count++] = UUIDPGetDatum(&links->links[i].target_id);
	}
	plan_arg(args, PointerGetDatum(tc_uuid_array(task_ids, count)));
	plan_arg(args, PointerGetDatum(tc_uuid_array(target_ids, count)));
}

/* Returns whether an error is about a constraint of task. */
static bool
is_of_task(const ErrorData *error)
{
	return error->schema_name != NULL && strcmp(error->schema_name, "taskcrm") == 0 &&
		error->table_name != NULL && strcmp(error->table_name, "task") == 0 && error->constraint_name != NULL;
}

/*
 * For a handler of errors: raises PT409 instead of an error about the key of a task, and 23514
 * with the names of the columns if a constraint on columns that an administrator added is
 * violated.  Returns for other errors.  context: for a copy of the error.
 */
void
task_write_explain_failure(MemoryContext context)
{
	ErrorData  *error;
	const char *columns;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	if (!is_of_task(error))
		return;
	if (error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION && strcmp(error->constraint_name, "task_pkey") == 0)
	{
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("a task with this id already exists"),
				 errhint("Omit the id to get a new one, or update the existing task.")));
	}
	columns = error->sqlerrcode == ERRCODE_CHECK_VIOLATION ? own_column_of_check(error->constraint_name) : NULL;
	if (columns == NULL)
		return;
	FlushErrorState();
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("invalid value for %s in a task", columns),
			 errdetail("It violates the check constraint \"%s\".", error->constraint_name),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, error->schema_name),
			 err_generic_string(PG_DIAG_TABLE_NAME, error->table_name),
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, error->constraint_name)));
}

/*
 * Runs a statement that writes tasks.  Raises PT409 if a sent id is that of another task,
 * and 23514 for a violated constraint.
 */
void
task_write_run(KeptPlan *plan, const PlanArgs *args)
{
	MemoryContext context = CurrentMemoryContext;
	HeldLinks	links;

	open_link_hold(&links);
	PG_TRY();
	{
		plan_run_args(plan, args);
	}
	PG_CATCH();
	{
		open_link_drop(&links);
		task_write_explain_failure(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	open_link_release(&links);
}

/*
 * Runs the INSERT of tasks and links, and sets written->rows to the rows of tasks.
 * args: its arguments, which this changes.  If a trigger may suppress a task, the tasks
 * are inserted first, because the links of a suppressed task would refer to nothing.
 */
static void
insert_rows(TaskWritten *written, PlanArgs *args, int count)
{
	int			fields[TASK_MAX_FIELDS];
	int			nfields = task_field_writable_columns(fields);
	int			narrays = nfields + (has_defaults() ? 1 : 0);
	Datum	   *links = &args->values[4 + narrays];
	Datum		held[2 * TASK_LINKS];
	Datum		no_ids = PointerGetDatum(tc_uuid_array(NULL, 0));
	bool		is_held = suppress_is_possible("task");

	for (int i = 0; is_held && i < 2 * TASK_LINKS; i++)
	{
		held[i] = links[i];
		links[i] = no_ids;
	}
	task_write_run(&insert_plan, args);
	plan_require_rows((uint64) count, "task");
	written->rows = SPI_tuptable;
	if (!is_held)
		return;
	args->values[3] = no_ids;
	for (int i = 0; i < narrays; i++)
		args->values[4 + i] = PointerGetDatum(construct_empty_array(i < nfields ? task_field_type(fields[i]) : INT4OID));
	memcpy(links, held, sizeof(held));
	plan_run_args(&insert_plan, args);
}

/* Sets the ids of new tasks: those that were sent, and generated ones. */
static void
choose_ids(TaskWritten *written, const TaskInput *data, int count)
{
	pg_uuid_t  *sorted = palloc(sizeof(pg_uuid_t) * Max(count, 1));

	written->ids = palloc(sizeof(pg_uuid_t) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		if (data[i].sent[TASK_ID])
			written->ids[i] = *DatumGetUUIDP(data[i].values[TASK_ID]);
		else
			tc_uuid_make(&written->ids[i]);
		sorted[i] = written->ids[i];
	}
	id_set_make(&written->sorted, sorted, count);
}

/*
 * Creates tasks with their links; with an error, none is created.  is_bulk: whether
 * messages name the element.  Raises 23503 for a bad reference, PT409 for the id of
 * another task, 09000 if a trigger suppresses a row.  Needs an API call in progress; the
 * rows are valid until SPI_finish().
 */
void
task_write_new(TaskWritten *written, const Identity *identity,
			   const TaskInput *data, int count, bool is_bulk)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(count, 1));
	PlanArgs	args = {0};
	int			fields[TASK_MAX_FIELDS];
	int			nfields = task_field_writable_columns(fields);

	check_new_references(identity, data, count, is_bulk);

	choose_ids(written, data, count);
	task_links_init(&written->links, 0);
	for (int i = 0; i < count; i++)
	{
		ids[i] = UUIDPGetDatum(&written->ids[i]);
		for (int kind = 0; kind < TASK_LINKS; kind++)
		{
			for (int j = 0; j < data[i].links[kind].count; j++)
				task_links_add(&written->links, &written->ids[i], kind, &data[i].links[kind].ids[j]);
		}
	}
	task_links_sort(&written->links);

	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	plan_arg(&args, PointerGetDatum(tc_uuid_array(ids, count)));
	for (int i = 0; i < nfields; i++)
		plan_arg(&args, column_of(data, count, fields[i]));
	if (has_defaults())
		plan_arg(&args, sent_own(data, count));
	for (int kind = 0; kind < TASK_LINKS; kind++)
		task_write_add_links(&args, &written->links, kind);
	insert_rows(written, &args, count);
	task_links_require(&written->links, NULL, &identity->org_id, tc_uuid_array(ids, count));
}

/*
 * Returns the row of a task that was written.  place: of the task in the data.  The rows
 * are ordered by id, which is the order of the data unless ids were sent.
 */
HeapTuple
task_write_row(const TaskWritten *written, uint64 place)
{
	if (written->ids == NULL || place >= (uint64) written->sorted.count)
		return written->rows->vals[place];
	return written->rows->vals[id_set_position(&written->sorted, &written->ids[place])];
}

/* Adds the columns as they are after the update: what is sent, else the current value. */
static bool
merge_columns(PlanArgs *args, const TaskInput *data, HeapTuple row, TupleDesc desc)
{
	int			fields[TASK_MAX_FIELDS];
	int			count = task_field_writable_columns(fields);
	bool		changed = false;

	for (int i = 0; i < count; i++)
	{
		int			field = fields[i];
		NullableDatum value;

		value.value = SPI_getbinval(row, desc, task_field_column(field), &value.isnull);
		if (data->sent[field] &&
			!task_merge_is_same(field, value.value, value.isnull, data->values[field], data->isnull[field]))
		{
			changed = true;
			value.value = data->values[field];
			value.isnull = data->isnull[field];
		}
		plan_arg_nullable(args, value);
	}
	return changed;
}

/*
 * Only references that the update adds must exist.  An existing assignee remains valid if
 * the membership has become inactive since.
 */
static void
check_added_references(const Identity *identity, const TaskInput *data,
					   HeapTuple row, TupleDesc desc, const LinkChange *changes)
{
	TaskReferences references;
	bool		isnull;
	Datum		account = SPI_getbinval(row, desc, task_field_column(TASK_ACCOUNT), &isnull);

	memset(&references, 0, sizeof(references));
	if (data->sent[TASK_ACCOUNT] && !data->isnull[TASK_ACCOUNT] &&
		!task_merge_is_same(TASK_ACCOUNT, account, isnull, data->values[TASK_ACCOUNT], false))
		task_refs_add(&references, TASK_ACCOUNT, DatumGetUUIDP(data->values[TASK_ACCOUNT]));
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		pg_uuid_t  *ids = (pg_uuid_t *) ARR_DATA_PTR(changes[kind].added);

		for (int i = 0; i < task_merge_count(changes[kind].added); i++)
			task_refs_add(&references, task_links[kind], &ids[i]);
	}
	task_write_check_references(identity, &references, data, 1, false);
}

static void
check_version(const TaskInput *data, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	int32		version = DatumGetInt32(SPI_getbinval(row, desc, task_field_column(TASK_VERSION), &isnull));

	if (data->sent[TASK_VERSION] && data->version != version)
		task_version_refuse(psprintf("the task is not at version " INT64_FORMAT, data->version), version);
	task_version_check(data->conditions, version);
}

static bool
is_shown_as_sent(const Identity *identity, const TaskInput *data, int field, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value;

	if (field == TASK_ORG)
		return !data->isnull[field] && tc_uuid_compare(DatumGetUUIDP(data->values[field]), &identity->org_id) == 0;
	value = SPI_getbinval(row, desc, task_field_column(field), &isnull);
	return task_merge_is_same(field, value, isnull, data->values[field], data->isnull[field]);
}

/*
 * A task can be sent back as it was read: read-only fields may be sent if they are
 * unchanged.
 */
static void
check_shown(const Identity *identity, const TaskInput *data, HeapTuple row, TupleDesc desc)
{
	StringInfoData changed;

	initStringInfo(&changed);
	for (int i = 0; i < task_field_count; i++)
	{
		if (task_fields[i].writable || i == TASK_VERSION || !data->sent[i] ||
			is_shown_as_sent(identity, data, i, row, desc))
			continue;
		appendStringInfo(&changed, "%s\"%s\"", changed.len == 0 ? "" : ", ", task_fields[i].key);
	}
	if (changed.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot change read-only keys in %s: %s", "task_data", changed.data),
				 errhint("Omit them, or send them unchanged.")));
	pfree(changed.data);
}

/*
 * Locks a task that will be changed, and checks the version that was sent.  Returns false
 * if the task does not exist.  Raises PT412.  Needs an API call in progress.
 */
bool
task_write_lock(const Identity *identity, const pg_uuid_t *id, const TaskInput *data)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};

	if (!plan_finds(&lock_plan, values))
		return false;
	check_version(data, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
	return true;
}

/*
 * Changes the fields of a task that were sent and no others.  Returns false if the task
 * does not exist.  An update that changes nothing does not change the version.  Raises
 * PT412 if the version differs from the one sent, 22023 if a read-only key differs from
 * its current value, 23503 for a bad reference, 09000 if a trigger suppresses the row.
 * Needs an API call in progress; the row is valid until SPI_finish().
 */
bool
task_write_changes(TaskWritten *written, const Identity *identity,
				   const pg_uuid_t *id, const TaskInput *data)
{
	PlanArgs	args = {0};
	LinkChange	changes[TASK_LINKS];
	Datum		id_datum = UUIDPGetDatum(id);
	TaskLinks	before;
	HeapTuple	row;
	TupleDesc	desc;
	bool		columns_changed;
	bool		links_changed;
	bool		isnull;

	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, id_datum);
	plan_run_args(&lock_plan, &args);
	if (SPI_processed == 0)
		return false;
	written->ids = NULL;
	written->rows = SPI_tuptable;
	row = written->rows->vals[0];
	desc = written->rows->tupdesc;
	check_version(data, row, desc);
	check_shown(identity, data, row, desc);

	/* Not read-only, so that after waiting for another update it sees the result. */
	task_links_fetch(&before, &identity->org_id, tc_uuid_array(&id_datum, 1), false);
	plan_arg(&args, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	columns_changed = merge_columns(&args, data, row, desc);
	task_links_init(&written->links, before.count);
	links_changed = task_merge_links(data, id, &before, &written->links, changes);
	if (!columns_changed && !links_changed)
		return true;

	check_added_references(identity, data, row, desc, changes);
	if (links_changed)
	{
		plan_arg(&args, SPI_getbinval(row, desc, task_field_column(TASK_CREATED_ON), &isnull));
		for (int kind = 0; kind < TASK_LINKS; kind++)
		{
			plan_arg(&args, PointerGetDatum(changes[kind].gone));
			plan_arg(&args, PointerGetDatum(changes[kind].added));
		}
	}
	task_write_run(links_changed ? &update_links_plan : &update_plan, &args);
	plan_require_rows(1, "task");
	written->rows = SPI_tuptable;
	if (links_changed)
		task_links_require(&written->links, &before, &identity->org_id, tc_uuid_array(&id_datum, 1));
	return true;
}
