/*
 * list_after.c
 *		The condition that rows come after a cursor's.
 */
#include "postgres.h"

#include "task/list_after.h"
#include "task/task_fields.h"

/*
 * Returns whether one row comparison is enough: no column may be NULL, all have one
 * direction.
 */
static bool
is_one_comparison(const AfterColumn *columns, int count)
{
	for (int i = 1; i < count; i++)
	{
		if (columns[i].key.descending != columns[0].key.descending || list_order_field(columns[i].key.field)->order_nulls)
			return false;
	}
	return true;
}

static void
append_value(StringInfo sql, const AfterColumn *column)
{
	appendStringInfo(sql, "$%d", column->parameter);
	if (column->key.field != ORDER_RELEVANCE)
		task_field_append_cast(sql, column->key.field);
}

static void
append_comparison(StringInfo sql, const AfterColumn *column, const char *operator)
{
	appendStringInfo(sql, "%s %s ", column->expression, operator);
	append_value(sql, column);
}

static void
append_row_comparison(StringInfo sql, const AfterColumn *columns, int count)
{
	appendStringInfoChar(sql, '(');
	for (int i = 0; i < count; i++)
		appendStringInfo(sql, "%s%s", i == 0 ? "" : ", ", columns[i].expression);
	appendStringInfoString(sql, columns[0].key.descending ? ") < (" : ") > (");
	for (int i = 0; i < count; i++)
	{
		appendStringInfoString(sql, i == 0 ? "" : ", ");
		append_value(sql, &columns[i]);
	}
	appendStringInfoChar(sql, ')');
}

/*
 * Appends the condition that a column comes after the cursor's, or false if nothing can.
 */
static void
append_beyond(StringInfo sql, const AfterColumn *column)
{
	bool		descending = column->key.descending;

	/* As in the server: NULLs are last ascending, first descending. */
	if (column->parameter == 0)
		appendStringInfo(sql, descending ? "%s IS NOT NULL" : "false", column->expression);
	else
	{
		append_comparison(sql, column, descending ? "<" : ">");
		if (!descending && list_order_field(column->key.field)->order_nulls)
			appendStringInfo(sql, " OR %s IS NULL", column->expression);
	}
}

/*
 * Appends the condition that rows come after the cursor's, column by column.  The first
 * column is not NULL; a separate condition that it does not come before the cursor's lets
 * an index be used.
 */
static void
append_column_comparisons(StringInfo sql, const AfterColumn *columns, int count)
{
	append_comparison(sql, &columns[0], columns[0].key.descending ? "<=" : ">=");
	appendStringInfoString(sql, " AND (");
	for (int i = 0; i < count; i++)
	{
		append_beyond(sql, &columns[i]);
		if (i == count - 1)
			break;
		appendStringInfoString(sql, " OR (");
		if (columns[i].parameter == 0)
			appendStringInfo(sql, "%s IS NULL", columns[i].expression);
		else
			append_comparison(sql, &columns[i], "=");
		appendStringInfoString(sql, " AND (");
	}
	for (int i = 0; i < count - 1; i++)
		appendStringInfoString(sql, "))");
	appendStringInfoChar(sql, ')');
}

/*
 * Appends the condition that rows come after the cursor's.  columns: those of the order, the
 * first of which has a value; count: at least 1.
 */
void
list_after_append(StringInfo sql, const AfterColumn *columns, int count)
{
	if (is_one_comparison(columns, count))
		append_row_comparison(sql, columns, count);
	else
		append_column_comparisons(sql, columns, count);
}
