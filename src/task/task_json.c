/*
 * task_json.c
 *		Tasks as JSON.
 *
 * One statement fetches the links of all tasks that are written, instead of three
 * statements for each task.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "task/task_json.h"

static void
write_link_ids(JsonWriter *out, const TaskLinks *links, const pg_uuid_t *task_id, int kind)
{
	json_write_open(out, '[');
	for (uint64 i = task_links_first(links, task_id, kind); task_links_is(links, i, task_id, kind); i++)
		json_write_uuid(out, &links->links[i].target_id);
	json_write_close(out, ']');
}

/*
 * Writes the members of one task, with its links.  tuple, desc: a row with the columns of
 * task_field_select_list(); links: sorted; expanded: fetched.
 */
void
task_json_write_members(JsonWriter *out, const pg_uuid_t *org_id, HeapTuple tuple, TupleDesc desc,
					const TaskLinks *links, const TaskExpanded *expanded)
{
	bool		isnull;
	Datum		id = SPI_getbinval(tuple, desc, 1, &isnull);
	int			column = 0;

	for (int i = 0; i < task_field_count; i++)
	{
		const TaskField *field = &task_fields[i];

		json_write_key(out, field->key);
		if (field->link_table != NULL)
			write_link_ids(out, links, DatumGetUUIDP(id), task_links_kind(i));
		else if (field->column == NULL)
			json_write_uuid(out, org_id);
		else
		{
			Datum		value = SPI_getbinval(tuple, desc, ++column, &isnull);

			if (isnull)
				json_write_null(out);
			else
				field->type->write_json(out, value);
		}
	}
	task_expand_write(out, expanded, tuple, desc, links);
}

/* The same as an object. */
void
task_json_write_one(JsonWriter *out, const pg_uuid_t *org_id, HeapTuple tuple, TupleDesc desc,
					const TaskLinks *links, const TaskExpanded *expanded)
{
	json_write_open(out, '{');
	task_json_write_members(out, org_id, tuple, desc, links, expanded);
	json_write_close(out, '}');
}

/*
 * Fetches what task_json_write_one() needs for some tasks.  rows, desc: with the columns of
 * task_field_select_list(); count: at least 1; expand: a bit for each ExpandKind.  Needs an
 * API call in progress.
 */
void
task_json_fetch(TaskLinks *links, TaskExpanded *expanded, const pg_uuid_t *org_id, HeapTuple *rows, TupleDesc desc,
				uint64 count, uint32 expand)
{
	Datum	   *ids = palloc_extended(sizeof(Datum) * count, MCXT_ALLOC_HUGE);

	for (uint64 row = 0; row < count; row++)
	{
		bool		isnull;

		ids[row] = SPI_getbinval(rows[row], desc, 1, &isnull);
	}
	memset(expanded, 0, sizeof(*expanded));
	expanded->kinds = expand;
	task_links_fetch(links, org_id, tc_uuid_array(ids, (int) count), true);
	task_expand_fetch(expanded, org_id, rows, desc, count, links, true);
}

/*
 * Writes tasks as objects, in the order of the rows.  rows, desc: with the columns of
 * task_field_select_list(); count: number of tasks; expand: a bit for each ExpandKind.
 * Needs an API call in progress.
 */
void
task_json_write(JsonWriter *out, const pg_uuid_t *org_id, HeapTuple *rows, TupleDesc desc, uint64 count,
				uint32 expand)
{
	TaskExpanded expanded;
	TaskLinks	links;

	if (count == 0)
		return;
	task_json_fetch(&links, &expanded, org_id, rows, desc, count, expand);
	for (uint64 row = 0; row < count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		task_json_write_one(out, org_id, rows[row], desc, &links, &expanded);
	}
}
