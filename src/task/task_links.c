/*
 * task_links.c
 *		The many-to-many links of tasks: contacts, assignees, teams.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/settings.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/task_links.h"
#include "wire/json_write.h"

static void build_fetch_links(KeptPlan *plan, StringInfo sql);

static KeptPlan fetch_plan = {.mode = OWNER_TENANT, .build = build_fetch_links};

/* $1 organization, $2 tasks.  The selected numbers are indexes in task_links. */
static void
build_fetch_links(KeptPlan *plan, StringInfo sql)
{
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		const TaskField *field = &task_fields[task_links[kind]];

		appendStringInfo(sql, "%sSELECT %d, l.task_id, l.%s FROM taskcrm.%s l"
						 " WHERE l.org_id = $1 AND l.task_id = ANY ($2)",
						 kind == 0 ? "" : " UNION ALL ", kind, field->link_column, field->link_table);
	}
	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDARRAYOID;
}

static int
compare_links(const void *left, const void *right, void *unused)
{
	const TaskLink *a = left;
	const TaskLink *b = right;
	int			order = tc_uuid_compare(&a->task_id, &b->task_id);

	if (order == 0)
		order = a->kind - b->kind;
	if (order == 0)
		order = tc_uuid_compare(&a->target_id, &b->target_id);
	return order;
}

/* Makes an empty set with room for size links, in the current memory context. */
void
task_links_init(TaskLinks *links, uint64 size)
{
	links->count = 0;
	links->size = Max(size, 8);
	links->links = palloc_extended(sizeof(TaskLink) * links->size, MCXT_ALLOC_HUGE);
}

/* Adds a link at the end. */
void
task_links_add(TaskLinks *links, const pg_uuid_t *task_id, int kind, const pg_uuid_t *target_id)
{
	TaskLink   *link;

	if (links->count == links->size)
	{
		links->size *= 2;
		links->links = repalloc_huge(links->links, sizeof(TaskLink) * links->size);
	}
	link = &links->links[links->count++];
	link->task_id = *task_id;
	link->kind = kind;
	link->target_id = *target_id;
}

/* Sorts the links, as task_links_first() requires. */
void
task_links_sort(TaskLinks *links)
{
	/* A bulk of tasks may have three million links. */
	qsort_interruptible(links->links, links->count, sizeof(TaskLink), compare_links, NULL);
}

/*
 * Reads all links of some tasks, sorted.  task_ids: uuid[], unknown ids have no links;
 * read_only: as for plan_run().  Raises 54000 if there are more than an answer has room
 * for, before all of them are in memory.  Needs an API call in progress.
 */
void
task_links_fetch(TaskLinks *links, const pg_uuid_t *org_id, ArrayType *task_ids, bool read_only)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), PointerGetDatum(task_ids)};
	uint64		most = settings_max_answer_size / JSON_OUT_UUID_SIZE;
	bool		isnull;

	plan_run_some(&fetch_plan, values, read_only, most + 1);
	if (SPI_processed > most)
		json_write_raise_too_large();
	task_links_init(links, SPI_processed);
	for (uint64 row = 0; row < SPI_processed; row++)
		task_links_add(links, DatumGetUUIDP(plan_value(row, 2, &isnull)),
					   DatumGetInt32(plan_value(row, 1, &isnull)),
					   DatumGetUUIDP(plan_value(row, 3, &isnull)));
	SPI_freetuptable(SPI_tuptable);
	task_links_sort(links);
}

/*
 * Returns the position of a task's first link of a kind, or of the link that would follow
 * it.
 */
uint64
task_links_first(const TaskLinks *links, const pg_uuid_t *task_id, int kind)
{
	TaskLink	wanted = {.task_id = *task_id, .kind = kind};
	uint64		low = 0;
	uint64		high = links->count;

	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (compare_links(&links->links[middle], &wanted, NULL) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Returns whether the link at a position belongs to that task and kind. */
bool
task_links_is(const TaskLinks *links, uint64 place, const pg_uuid_t *task_id, int kind)
{
	return place < links->count && links->links[place].kind == kind &&
		tc_uuid_compare(&links->links[place].task_id, task_id) == 0;
}

/* Returns whether a sorted set contains a link. */
static bool
has_link(const TaskLinks *links, const TaskLink *link)
{
	uint64		low = 0;
	uint64		high = links->count;

	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;
		int			order = compare_links(&links->links[middle], link, NULL);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/*
 * Checks that the links of some tasks were stored as written, if a user-defined trigger
 * could have suppressed one.  Then sets `written` to the stored links, to which such a
 * trigger may have added more.  before: the previous links, sorted, NULL for none.
 * Raises 09000.  Needs an API call in progress.
 */
void
task_links_require(TaskLinks *written, const TaskLinks *before, const pg_uuid_t *org_id, ArrayType *task_ids)
{
	TaskLinks	found;
	bool		is_possible = false;

	for (int kind = 0; kind < TASK_LINKS; kind++)
		is_possible = is_possible || suppress_is_possible(task_fields[task_links[kind]].link_table);
	if (!is_possible)
		return;
	task_links_fetch(&found, org_id, task_ids, false);
	for (uint64 i = 0; i < written->count; i++)
	{
		if (!has_link(&found, &written->links[i]))
			suppress_raise(task_fields[task_links[written->links[i].kind]].link_table);
	}
	for (uint64 i = 0; before != NULL && i < before->count; i++)
	{
		if (has_link(&found, &before->links[i]) && !has_link(written, &before->links[i]))
			suppress_raise(task_fields[task_links[before->links[i].kind]].link_table);
	}
	*written = found;
}

/* Returns the kind of links for a field with a link table. */
int
task_links_kind(int field)
{
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		if (task_links[kind] == field)
			return kind;
	}
	elog(ERROR, "field %d of a task holds no links", field);
	return -1;					/* keep the compiler quiet */
}
