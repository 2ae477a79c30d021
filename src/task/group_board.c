/*
 * group_board.c
 *		Groups of tasks with the first tasks of each.
 *
 * The tasks of a group are a list with the filters of all groups and those of the group.
 * So a list that is asked for with both of them and the cursor of the group continues it.
 *
 * All statements of a call that only reads have the snapshot of its caller.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/settings.h"
#include "task/group_board.h"
#include "task/group_count.h"
#include "task/list_page.h"
#include "task/task_json.h"

/* The board while it is read and written. */
typedef struct Board
{
	JsonWriter *out;
	const Identity *identity;
	Jsonb	   *json;			/* the filters of all groups */
	TaskGroups	groups;
	TaskPage   *pages;			/* of the groups */
	uint32		expand;
	int			written;		/* groups so far */
} Board;

static Jsonb *
concat_json(Jsonb *json, const char *more)
{
	Datum		added = DirectFunctionCall1(jsonb_in, CStringGetDatum(more));

	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(json), added));
}

/* Reads the first tasks of a group, as a list with a cursor. */
static void
read_group(Board *board, int number)
{
	const TaskGroup *group = &board->groups.groups[number];
	TaskFilters filters;
	Jsonb	   *json;

	if (group->count == 0 || group->filters == (Datum) 0)
		return;
	json = concat_json(concat_json(board->json, TextDatumGetCString(group->filters)), "{\"cursor\": \"start\"}");
	list_filter_read(&filters, json, board->identity);
	list_page_read_whole(&board->pages[number], &filters, &board->identity->org_id);
}

static void
write_group_tasks(Board *board, const TaskPage *page, const TaskLinks *links, const TaskExpanded *expanded)
{
	json_write_key(board->out, "results");
	json_write_open(board->out, '[');
	for (uint64 row = 0; row < page->count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		task_json_write_one(board->out, &board->identity->org_id, page->rows.rows[row], page->rows.desc, links, expanded);
	}
	json_write_close(board->out, ']');
}

static void
write_group(Board *board, int number, const TaskLinks *links, const TaskExpanded *expanded)
{
	const TaskGroup *group = &board->groups.groups[number];
	JsonWriter *out = board->out;

	json_write_open(out, '{');
	json_write_key(out, "key");
	json_write_raw(out, group->key);
	json_write_key(out, "label");
	json_write_raw(out, group->label);
	json_write_key(out, "count");
	json_write_int(out, group->count);
	json_write_key(out, "filters");
	if (group->filters == (Datum) 0)
		json_write_null(out);
	else
		json_write_raw(out, group->filters);
	write_group_tasks(board, &board->pages[number], links, expanded);
	json_write_string_member(out, "next_cursor", board->pages[number].next_cursor);
	json_write_close(out, '}');
}

/* Writes the groups that have been read, before the given one.  rows: their tasks. */
static void
write_groups(Board *board, int before, uint64 count)
{
	HeapTuple  *rows = palloc_extended(sizeof(HeapTuple) * Max(count, 1), MCXT_ALLOC_HUGE);
	TupleDesc	desc = NULL;
	TaskLinks	links = {0};
	TaskExpanded expanded = {0};
	uint64		found = 0;

	for (int i = board->written; i < before; i++)
	{
		const TaskPage *page = &board->pages[i];

		if (page->count == 0)
			continue;
		memcpy(rows + found, page->rows.rows, sizeof(HeapTuple) * page->count);
		found += page->count;
		desc = page->rows.desc;
	}
	if (found > 0)
		task_json_fetch(&links, &expanded, &board->identity->org_id, rows, desc, found, board->expand);
	while (board->written < before)
		write_group(board, board->written++, &links, &expanded);
}

/*
 * Reads and writes all groups.  Links are fetched for many tasks at once, but for no more
 * than a list has, so that an answer that is too large ends early.
 */
static void
write_board(Board *board)
{
	uint64		rows = 0;

	for (int i = 0; i < board->groups.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_group(board, i);
		rows += board->pages[i].count;
		if (rows < (uint64) settings_max_limit && i + 1 < board->groups.count)
			continue;
		write_groups(board, i + 1, rows);
		rows = 0;
	}
}

/*
 * Writes the groups of the tasks that pass the filters, each with its first tasks, as an
 * object.  json: the filters, with the limit and the ordering of each group; no cursor.
 * Raises the errors of list_filter_read().  Needs an API call in progress.
 */
void
group_board_write(JsonWriter *out, const Grouping *grouping, Jsonb *json, const Identity *identity)
{
	Board		board = {.out = out, .identity = identity, .json = json};
	TaskFilters filters;

	list_filter_read(&filters, json, identity);
	board.expand = filters.expand;
	group_count_read(&board.groups, grouping, &filters, &identity->org_id);
	board.pages = palloc0(sizeof(TaskPage) * Max(board.groups.count, 1));

	json_write_open(out, '{');
	json_write_key(out, "count");
	json_write_int(out, board.groups.tasks);
	json_write_key(out, "groups");
	json_write_open(out, '[');
	write_board(&board);
	json_write_close(out, ']');
	json_write_key(out, "more_groups");
	json_write_bool(out, board.groups.more);
	json_write_close(out, '}');
}
