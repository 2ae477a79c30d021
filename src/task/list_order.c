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

StaticAssertDecl((ORDER_RELEVANCE + 2) * 2 <= 1 << CODE_BITS, "a key of an ordering has few bits");
StaticAssertDecl(ORDER_MAX_KEYS * CODE_BITS <= 32, "the keys of an ordering have few bits");

/* Tasks that match equally well are in the order of their creation. */
static const TaskField relevance_field = {.key = "relevance", .type = &field_integer, .order_created_on = true};

/* Returns what a key of an order of tasks stands for: a field, or ORDER_RELEVANCE. */
const TaskField *
list_order_field(int field)
{
	return field == ORDER_RELEVANCE ? &relevance_field : &task_fields[field];
}

/*
 * What matches a term best comes first, and the newest task of those.  without_accents: the
 * term ignores accents.
 */
void
list_order_by_relevance(TaskOrder *order, Datum term, bool without_accents)
{
	order->count = 1;
	order->keys[0].field = ORDER_RELEVANCE;
	order->keys[0].descending = true;
	order->term = term;
	order->without_accents = without_accents;
}

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

static const char *
task_key(const void *list, int field)
{
	if (field >= task_field_count)
		return NULL;
	return task_fields[field].order == NULL ? "" : task_fields[field].key;
}

const OrderKeys list_order_of_tasks = {.plural = "Tasks", .key = task_key};

/* Returns all keys with a text between them, palloc'ed. */
static char *
join_keys(const OrderKeys *keys, const char *separator)
{
	StringInfoData text;
	const char *key;

	initStringInfo(&text);
	for (int i = 0; (key = keys->key(keys->list, i)) != NULL; i++)
	{
		if (*key != '\0')
			appendStringInfo(&text, "%s%s", text.len == 0 ? "" : separator, key);
	}
	return text.data;
}

/* Returns the number of the field with a key, or -1. */
static int
find_key(const OrderKeys *keys, const char *text)
{
	const char *key;

	for (int i = 0; *text != '\0' && (key = keys->key(keys->list, i)) != NULL; i++)
	{
		if (strcmp(key, text) == 0)
			return i;
	}
	return -1;
}

/* Adds one key.  text: a field's key, preceded by "-" for descending. */
static void
read_key(TaskOrder *order, const OrderKeys *keys, const JsonReadKey *key, const char *text)
{
	bool		descending = *text == '-';
	int			field = find_key(keys, text + descending);

	if (field < 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("%s cannot be ordered by \"%s\".", keys->plural, json_read_clip(text)),
						  psprintf("Valid keys are %s. Write - before a key for descending order, and separate up to %d keys with commas.",
								   join_keys(keys, ", "), ORDER_MAX_KEYS));
	if (has_key(order, field))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("%s are ordered by \"%s\" twice.", keys->plural, keys->key(keys->list, field)),
						  "Name each key once.");
	if (order->count == ORDER_MAX_KEYS)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There are more than %d keys.", ORDER_MAX_KEYS), NULL);
	order->keys[order->count].field = field;
	order->keys[order->count].descending = descending;
	order->count++;
}

/*
 * Reads keys separated by commas.  keys: those of the list; key: for messages.  Raises
 * 22023.
 */
void
list_order_read(TaskOrder *order, const OrderKeys *keys, const JsonReadKey *key, const char *text)
{
	char	   *next = pstrdup(text);

	order->count = 0;
	while (next != NULL)
	{
		char	   *comma = strchr(next, ',');

		if (comma != NULL)
			*comma++ = '\0';
		read_key(order, keys, key, next);
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
	if (list_order_field(last->field)->order_created_on && !has_key(order, TASK_CREATED_ON))
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
	return list_order_field(order->keys[0].field)->order_nulls;
}

/* Returns a number that identifies an ordering. */
uint32
list_order_code(const TaskOrder *order)
{
	uint32		code = 0;

	for (int i = 0; i < order->count; i++)
		code = code << CODE_BITS | (uint32) (order->keys[i].field + 1) << 1 | (uint32) order->keys[i].descending;
	return code;
}

/*
 * Writes the JSON Schema of what list_order_read() accepts.  normal: the ordering if none
 * is sent; example: one with several keys.
 */
void
list_order_write_schema(JsonWriter *out, const OrderKeys *keys, const char *normal, const char *example)
{
	char	   *one = join_keys(keys, "|");

	json_write_open(out, '{');
	json_write_string_member(out, "type", "string");
	json_write_string_member(out, "pattern",
							 psprintf("^(-?(%s)(,-?(%s)){0,%d})?$", one, one, ORDER_MAX_KEYS - 1));
	json_write_string_member(out, "default", normal);
	json_write_key(out, "examples");
	json_write_open(out, '[');
	json_write_string(out, example);
	json_write_close(out, ']');
	json_write_close(out, '}');
}
