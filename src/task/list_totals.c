/*
 * list_totals.c
 *		The totals for a dashboard.
 *
 * The tasks are read once.  The server counts them by status, priority, due date and
 * whether they have an assignee, which gives few rows for any number of tasks, and the
 * totals are summed up here.  If the counters can be used, only the open tasks are read.
 * A further statement counts by assignee.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "db/plan.h"
#include "db/row.h"
#include "task/list_query.h"
#include "task/list_totals.h"
#include "task/people.h"
#include "task/task_label.h"
#include "wire/datetime.h"

typedef struct Totals
{
	int64		count;
	/* of the open tasks: */
	int64		open;
	int64		overdue;
	int64		due_today;
	int64		due_this_week;
	int64		no_due_date;
	int64		unassigned;
	int64		by_status[lengthof(label_status.labels)];
	int64		by_priority[lengthof(label_priority.labels)];
} Totals;

static void
add_open(Totals *totals, int64 count, bool has_due_date, DateADT due_date, DateADT today)
{
	DateADT		monday = datetime_monday_of(today);

	totals->open += count;
	if (!has_due_date)
	{
		totals->no_due_date += count;
		return;
	}
	if (due_date < today)
		totals->overdue += count;
	if (due_date == today)
		totals->due_today += count;
	if (due_date >= monday && due_date < monday + 7)
		totals->due_this_week += count;
}

/* Returns the index of the label in a column of a row. */
static int
get_label(const LabelSet *set, uint64 row, int column)
{
	bool		isnull;

	return label_require(set, TextDatumGetCString(plan_value(row, column, &isnull)));
}

static int64
get_total(uint64 row)
{
	bool		isnull;

	return DatumGetInt64(plan_value(row, TOTALS_COUNT, &isnull));
}

/* Adds rows for all tasks. */
static void
add_all_rows(Totals *totals)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		int64		count = get_total(row);

		CHECK_FOR_INTERRUPTS();
		totals->count += count;
		totals->by_status[get_label(&label_status, row, TOTALS_STATUS)] += count;
		totals->by_priority[get_label(&label_priority, row, TOTALS_PRIORITY)] += count;
	}
}

/* Adds rows for open tasks. */
static void
add_open_rows(Totals *totals, DateADT today)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		bool		unassigned = DatumGetBool(plan_value(row, TOTALS_UNASSIGNED, &isnull));
		DateADT		due_date;

		CHECK_FOR_INTERRUPTS();
		if (isnull)
			continue;
		due_date = DatumGetDateADT(plan_value(row, TOTALS_DUE_DATE, &isnull));
		if (unassigned)
			totals->unassigned += get_total(row);
		add_open(totals, get_total(row), !isnull, due_date, today);
	}
}

static void
read_totals(Totals *totals, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	bool		counted = list_query_is_counted(filters);

	list_query_run(filters, org_id, counted ? LIST_QUERY_TOTALS_COUNTED : LIST_QUERY_TOTALS, PART_WHOLE, 0, 0);
	add_all_rows(totals);
	if (counted)
		list_query_run(filters, org_id, LIST_QUERY_TOTALS_OPEN, PART_WHOLE, 0, 0);
	add_open_rows(totals, datetime_today(filters->zone));
}

static void
write_count(JsonWriter *out, const char *key, int64 count)
{
	json_write_key(out, key);
	json_write_int(out, count);
}

static void
write_label_totals(JsonWriter *out, const char *key, const LabelSet *set, const int64 *counts)
{
	json_write_key(out, key);
	json_write_open(out, '{');
	for (int i = 0; i < set->count; i++)
		write_count(out, set->labels[i], counts[i]);
	json_write_close(out, '}');
}

static void
write_assignees(JsonWriter *out)
{
	json_write_key(out, "by_assignee");
	json_write_open(out, '[');
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		json_write_open(out, '{');
		people_write_user(out, row);
		row_write_bigint(out, "count", row, 4);
		json_write_close(out, '}');
	}
	json_write_close(out, ']');
}

/*
 * Writes the totals of the tasks that pass the filters as an object.  Needs an API call
 * in progress.
 */
void
list_totals_write(JsonWriter *out, const TaskFilters *filters, const pg_uuid_t *org_id)
{
	Totals		totals = {0};

	read_totals(&totals, filters, org_id);
	list_query_run(filters, org_id, LIST_QUERY_BY_ASSIGNEE, PART_WHOLE, 0, 0);

	json_write_open(out, '{');
	write_count(out, "count", totals.count);
	write_count(out, "open", totals.open);
	write_count(out, "overdue", totals.overdue);
	write_count(out, "due_today", totals.due_today);
	write_count(out, "due_this_week", totals.due_this_week);
	write_count(out, "no_due_date", totals.no_due_date);
	write_count(out, "unassigned", totals.unassigned);
	write_label_totals(out, "by_status", &label_status, totals.by_status);
	write_label_totals(out, "by_priority", &label_priority, totals.by_priority);
	write_assignees(out);
	json_write_close(out, '}');
}
