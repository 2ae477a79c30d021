/*
 * view_store.c
 *		The rows of views, and who sees them.
 *
 * No client reads the table: who sees a view depends on the teams of two users, which the
 * expression of a policy should not look up for each row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "task/view_store.h"

static const RowField view_fields[] = {
	{"id", ROW_UUID, false, "The id of the view."},
	{"name", ROW_TEXT, false, "The name."},
	{"owner", ROW_UUID, false, "The id of the user who created the view."},
	{"shared_with", ROW_TEXT, false, "Who sees it: me, the owner alone; team, the members of the owner's teams too; organization, all."},
	{"filters", ROW_OBJECT, false, "Filters, ordering and other keys of a list of tasks."},
	{"group_by", ROW_TEXT, true, "What its tasks are grouped by."},
	{"display", ROW_OBJECT, true, "What the application keeps with it."},
	{"created_on", ROW_TIMESTAMP, false, "When the view was created."},
	{"updated_on", ROW_TIMESTAMP, false, "When the view was last changed."}
};

const RowSchema view_schema = {"View", "A view: filters of tasks that are kept.", lengthof(view_fields), view_fields};

static KeptPlan view_filters_plan = TENANT_PLAN(
	"SELECT t.filters FROM taskcrm_internal.task_view t WHERE t.org_id = $1 AND t.id = $2 AND " VIEW_IS_VISIBLE,
	2, UUIDOID, UUIDOID);

/* Besides the view, whether the caller is the owner, and whether others see it. */
static KeptPlan lock_view_plan = TENANT_PLAN(
	"SELECT " VIEW_COLUMNS ", t.created_by = taskcrm.tc_current_user(), t.shared_with <> 'me' FROM taskcrm_internal.task_view t"
	" WHERE t.org_id = $1 AND t.id = $2 AND " VIEW_IS_VISIBLE " FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

/* $2 owner; then the keys. */
static KeptPlan create_view_plan = TENANT_PLAN(
	"INSERT INTO taskcrm_internal.task_view AS t (org_id, created_by, name, shared_with, filters, group_by, display)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING " VIEW_COLUMNS,
	7, UUIDOID, UUIDOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID, JSONBOID);

#define SENT_KEY(column, sent, value) column " = CASE WHEN $" sent " THEN $" value " ELSE t." column " END"

/* $2 id; then for each key, whether it was sent, and its value. */
static KeptPlan update_view_plan = TENANT_PLAN(
	"UPDATE taskcrm_internal.task_view t SET " SENT_KEY("name", "3", "4") ", " SENT_KEY("shared_with", "5", "6") ", "
	SENT_KEY("filters", "7", "8") ", " SENT_KEY("group_by", "9", "10") ", " SENT_KEY("display", "11", "12")
	", updated_on = now() WHERE t.org_id = $1 AND t.id = $2 RETURNING " VIEW_COLUMNS,
	12, UUIDOID, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, BOOLOID, JSONBOID, BOOLOID, TEXTOID, BOOLOID, JSONBOID);

static KeptPlan delete_view_plan = TENANT_PLAN(
	"DELETE FROM taskcrm_internal.task_view t WHERE t.org_id = $1 AND t.id = $2",
	2, UUIDOID, UUIDOID);

/*
 * The views of all organizations that name a column: as a filter, in the ordering, in a
 * tree, or to group by.  jsonb writes a key as a JSON string and a colon; inside of a string
 * the quotes of that would be escaped.
 */
static KeptPlan count_column_plan = BOOKKEEPING_PLAN(
	"SELECT count(*) FROM taskcrm_internal.task_view t WHERE t.group_by = $1"
	" OR t.filters ?| ARRAY[$1, $1 || '__in', $1 || '__gte', $1 || '__lte']"
	" OR $1 = ANY (string_to_array(replace(t.filters ->> 'ordering', '-', ''), ','))"
	" OR strpos((t.filters -> 'where')::text, to_json($1)::text || ':') > 0",
	1, TEXTOID);

static void
set_view_arguments(Datum values[2], const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	values[0] = UUIDPGetDatum(org_id);
	values[1] = UUIDPGetDatum(id);
}

static void
write_view(JsonWriter *out)
{
	json_write_open(out, '{');
	row_write_fields(out, &view_schema, 0);
	json_write_close(out, '}');
}

/*
 * Returns the filters of a view that the caller sees, or NULL.  Needs an API call in
 * progress, as all functions here.
 */
Jsonb *
view_store_filters(const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	Datum		values[2];
	bool		isnull;

	set_view_arguments(values, org_id, id);
	plan_run(&view_filters_plan, values, NULL, true);
	return SPI_processed == 0 ? NULL : DatumGetJsonbPCopy(plan_value(0, 1, &isnull));
}

/*
 * Locks a view, writes it as it is now, and returns what the caller may do with it: its owner
 * writes it, and admins do if others see it.
 */
ViewAccess
view_store_lock(JsonWriter *present, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2];
	bool		isnull;
	bool		is_owner;

	set_view_arguments(values, &identity->org_id, id);
	if (!plan_finds(&lock_view_plan, values))
		return VIEW_HIDDEN;
	write_view(present);
	is_owner = DatumGetBool(plan_value(0, lengthof(view_fields) + 1, &isnull));
	if (is_owner || (identity->is_admin && DatumGetBool(plan_value(0, lengthof(view_fields) + 2, &isnull))))
		return VIEW_WRITE;
	return VIEW_READ;
}

/* Creates a view of the caller and writes it.  data: all keys.  Raises 09000. */
void
view_store_create(JsonWriter *out, const Identity *identity, const ViewData *data)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	for (int i = 0; i < VIEW_KEYS; i++)
		plan_arg_nullable(&args, data->values[i]);
	plan_run_args(&create_view_plan, &args);
	plan_require_rows(1, "task_view");
	write_view(out);
}

/* Changes the keys of a locked view that were sent, and writes it.  Raises 09000. */
void
view_store_update(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, const ViewData *data)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&identity->org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	for (int i = 0; i < VIEW_KEYS; i++)
	{
		plan_arg(&args, BoolGetDatum(data->sent[i]));
		plan_arg_nullable(&args, data->values[i]);
	}
	plan_run_args(&update_view_plan, &args);
	plan_require_rows(1, "task_view");
	write_view(out);
}

/* Deletes a locked view.  Raises 09000. */
void
view_store_delete(const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2];

	set_view_arguments(values, &identity->org_id, id);
	plan_run(&delete_view_plan, values, NULL, false);
	plan_require_rows(1, "task_view");
}

/*
 * Returns how many views of all organizations name a column of task.  column: text.  Needs
 * OWNER_BOOKKEEPING mode.
 */
int64
view_store_count_of_column(Datum column)
{
	bool		isnull;

	plan_run(&count_column_plan, &column, NULL, true);
	return DatumGetInt64(plan_value(0, 1, &isnull));
}
