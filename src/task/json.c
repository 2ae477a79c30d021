/*
 * json.c
 *		Tasks as JSON.
 *
 * The links of all tasks that are to be written are fetched by one statement, not
 * by three for each task.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "db/plan.h"
#include "task/field.h"
#include "task/json.h"

/* The numbers are places in task_links. */
static KeptPlan links_plan = {
	.sql = "SELECT 0, l.task_id, l.contact_id FROM taskcrm.task_contact l"
	" WHERE l.org_id = $1 AND l.task_id = ANY ($2)"
	" UNION ALL SELECT 1, l.task_id, l.user_id FROM taskcrm.task_assignee l"
	" WHERE l.org_id = $1 AND l.task_id = ANY ($2)"
	" UNION ALL SELECT 2, l.task_id, l.team_id FROM taskcrm.task_team l"
	" WHERE l.org_id = $1 AND l.task_id = ANY ($2)",
	.mode = OWNER_TENANT,
	.nargs = 2,
	.argtypes = {UUIDOID, UUIDARRAYOID}
};

typedef struct TaskLink
{
	pg_uuid_t	task_id;
	int			kind;			/* index into task_links */
	pg_uuid_t	target_id;
} TaskLink;

typedef struct TaskLinks
{
	uint64		count;
	TaskLink   *links;			/* ordered by task, kind, target */
} TaskLinks;

static int
compare_links(const void *left, const void *right)
{
	const TaskLink *a = left;
	const TaskLink *b = right;
	int			order = uuid_compare(&a->task_id, &b->task_id);

	if (order == 0)
		order = a->kind - b->kind;
	if (order == 0)
		order = uuid_compare(&a->target_id, &b->target_id);
	return order;
}

static void
fetch_links(TaskLinks *links, const pg_uuid_t *org_id, SPITupleTable *tasks, uint64 count)
{
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum		values[2];
	bool		isnull;

	for (uint64 row = 0; row < count; row++)
		ids[row] = SPI_getbinval(tasks->vals[row], tasks->tupdesc, 1, &isnull);
	values[0] = UUIDPGetDatum(org_id);
	values[1] = PointerGetDatum(construct_array(ids, (int) count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
	plan_run(&links_plan, values, NULL, true);

	links->count = SPI_processed;
	links->links = palloc_extended(sizeof(TaskLink) * SPI_processed, MCXT_ALLOC_HUGE);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		TaskLink   *link = &links->links[row];

		link->kind = DatumGetInt32(plan_value(row, 1, &isnull));
		link->task_id = *DatumGetUUIDP(plan_value(row, 2, &isnull));
		link->target_id = *DatumGetUUIDP(plan_value(row, 3, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	qsort(links->links, links->count, sizeof(TaskLink), compare_links);
}

/* The place of the first link that is not before the given one. */
static uint64
find_link(const TaskLinks *links, const TaskLink *wanted)
{
	uint64		low = 0;
	uint64		high = links->count;

	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (compare_links(&links->links[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
write_links(JsonOut *out, const TaskLinks *links, const pg_uuid_t *task_id, int field)
{
	TaskLink	wanted = {.task_id = *task_id};

	while (task_links[wanted.kind] != field)
		wanted.kind++;

	json_out_open(out, '[');
	for (uint64 i = find_link(links, &wanted); i < links->count; i++)
	{
		if (links->links[i].kind != wanted.kind ||
			uuid_compare(&links->links[i].task_id, task_id) != 0)
			break;
		json_out_uuid(out, &links->links[i].target_id);
	}
	json_out_close(out, ']');
}

static void
write_value(JsonOut *out, TaskFieldKind kind, Datum value)
{
	switch (kind)
	{
		case FIELD_UUID:
			json_out_uuid(out, DatumGetUUIDP(value));
			break;
		case FIELD_TEXT:
			json_out_text(out, value);
			break;
		case FIELD_DATE:
			json_out_date(out, DatumGetDateADT(value));
			break;
		case FIELD_TIMESTAMP:
			json_out_timestamp(out, DatumGetTimestampTz(value));
			break;
		case FIELD_INTEGER:
			json_out_int(out, DatumGetInt32(value));
			break;
		case FIELD_LINKS:
		case FIELD_ORG:
			elog(ERROR, "field of a task has no column");
	}
}

static void
write_task(JsonOut *out, const pg_uuid_t *org_id, HeapTuple tuple, TupleDesc desc,
		   const TaskLinks *links)
{
	bool		isnull;
	Datum		id = SPI_getbinval(tuple, desc, 1, &isnull);
	int			column = 0;

	json_out_open(out, '{');
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		const TaskField *field = &task_fields[i];

		json_out_key(out, field->key);
		if (field->kind == FIELD_LINKS)
			write_links(out, links, DatumGetUUIDP(id), i);
		else if (field->kind == FIELD_ORG)
			json_out_uuid(out, org_id);
		else
		{
			Datum		value = SPI_getbinval(tuple, desc, ++column, &isnull);

			if (isnull)
				json_out_null(out);
			else
				write_value(out, field->kind, value);
		}
	}
	json_out_close(out, '}');
}

/*
 * Writes tasks, one object each, in the order of the rows.  tasks: rows with the
 * columns of task_field_select_list(); count: how many of them to write.  Needs an
 * API call in progress.
 */
void
task_json_write(JsonOut *out, const pg_uuid_t *org_id, SPITupleTable *tasks, uint64 count)
{
	TaskLinks	links;

	if (count == 0)
		return;
	fetch_links(&links, org_id, tasks, count);
	for (uint64 row = 0; row < count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		write_task(out, org_id, tasks->vals[row], tasks->tupdesc, &links);
	}
}
