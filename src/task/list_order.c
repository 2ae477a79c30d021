/*
 * list_order.c
 *		The ordering of a list of tasks.
 *
 * A list has up to ORDER_MAX_KEYS keys.  Tasks that are equal in all of them are in the
 * same order as in a list by the last key alone, and finally by id, so the order is
 * always total.
 */
#include "postgres.h"

#include "task/list_order.h"
#include "task/task_fields.h"

/* A key's part of list_order_code(): its field, and whether it is descending. */
#define CODE_BITS 8

StaticAssertDecl(TASK_FIELDS * 2 <= 1 << CODE_BITS, "a key of an ordering has few bits");
StaticAssertDecl(ORDER_MAX_KEYS * CODE_BITS <= 32, "the keys of an ordering have few bits");

/* The default order of lists: newest task first. */
void
list_order_by_created_on(TaskOrder *order)
{
	order->count = 1;
	order->keys[0].field = TASK_CREATED_ON;
	order->keys[0].descending = true;
}

/* Returns whether a field is among the keys. */
static bool
has_key(const TaskOrder *order, int field)
{
	for (int i = 0; i < order->count; i++)
	{
		if (order->keys[i].field == field)
			return true;
	}
	return false;
}

/* Adds one key.  text: a field's key, preceded by "-" for descending. */
static void
read_key(TaskOrder *order, const JsonReadKey *key, const char *text)
{
	bool		descending = *text == '-';
	int			field = task_field_by_key(text + descending);

	if (field < 0 || task_fields[field].order == NULL)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("Tasks cannot be ordered by \"%s\".", json_read_clip(text)),
						  psprintf("Valid keys are %s. Write - before a key for descending order, and separate up to %d keys with commas.",
								   task_field_order_list(), ORDER_MAX_KEYS));
	if (has_key(order, field))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("Tasks are ordered by \"%s\" twice.", task_fields[field].key),
						  "Name each key once.");
	if (order->count == ORDER_MAX_KEYS)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There are more than %d keys.", ORDER_MAX_KEYS), NULL);
	order->keys[order->count].field = field;
	order->keys[order->count].descending = descending;
	order->count++;
}

/* Reads keys separated by commas.  key: for messages.  Raises 22023. */
void
list_order_read(TaskOrder *order, const JsonReadKey *key, const char *text)
{
	char	   *next = pstrdup(text);

	order->count = 0;
	while (next != NULL)
	{
		char	   *comma = strchr(next, ',');

		if (comma != NULL)
			*comma++ = '\0';
		read_key(order, key, next);
		next = comma;
	}
}

/* Returns whether a field is the most significant key. */
bool
list_order_is_by(const TaskOrder *order, int field)
{
	return order->keys[0].field == field;
}

/*
 * Returns the number of columns of the whole order, and sets columns: the keys, then the
 * tie-breakers, ending with TASK_ID.
 */
int
list_order_columns(const TaskOrder *order, OrderKey columns[ORDER_MAX_COLUMNS])
{
	const OrderKey *last = &order->keys[order->count - 1];
	int			count = order->count;

	memcpy(columns, order->keys, sizeof(OrderKey) * count);
	if (task_fields[last->field].order_created_on && !has_key(order, TASK_CREATED_ON))
	{
		columns[count].field = TASK_CREATED_ON;
		columns[count++].descending = last->descending;
	}
	columns[count].field = TASK_ID;
	columns[count++].descending = last->descending;
	return count;
}

/* Returns whether the most significant key can be NULL. */
bool
list_order_begins_with_nulls(const TaskOrder *order)
{
	return task_fields[order->keys[0].field].order_nulls;
}

/* Returns a number that identifies an ordering. */
uint32
list_order_code(const TaskOrder *order)
{
	uint32		code = 0;

	for (int i = 0; i < order->count; i++)
		code = code << CODE_BITS | (uint32) order->keys[i].field << 1 | (uint32) order->keys[i].descending;
	return code;
}

/* Writes the JSON Schema of what list_order_read() accepts. */
void
list_order_write_schema(JsonWriter *out)
{
	StringInfoData one;
	const char *separator = "";

	initStringInfo(&one);
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (task_fields[i].order == NULL)
			continue;
		appendStringInfo(&one, "%s%s", separator, task_fields[i].key);
		separator = "|";
	}
	json_write_open(out, '{');
	json_write_key(out, "type");
	json_write_string(out, "string");
	json_write_key(out, "pattern");
	json_write_string(out, psprintf("^(-?(%s)(,-?(%s)){0,%d})?$", one.data, one.data, ORDER_MAX_KEYS - 1));
	json_write_key(out, "default");
	json_write_string(out, "-created_on");
	json_write_key(out, "examples");
	json_write_open(out, '[');
	json_write_string(out, "due_date,-priority");
	json_write_close(out, ']');
	json_write_close(out, '}');
}
