/*
 * list_order.h
 *		The ordering of a list of tasks.
 */
#ifndef TASKCRM_LIST_ORDER_H
#define TASKCRM_LIST_ORDER_H

#include "task/task_fields.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* Maximum number of keys in an ordering. */
#define ORDER_MAX_KEYS 4
/* Including the tie-breakers created_on and id. */
#define ORDER_MAX_COLUMNS (ORDER_MAX_KEYS + 2)

/* Instead of a field of a task: how well it matches the term of a search. */
#define ORDER_RELEVANCE TASK_MAX_FIELDS

typedef struct OrderKey
{
	int			field;			/* index into the fields of the list; for tasks, task_fields */
	bool		descending;
} OrderKey;

/* The keys, most significant first; at least one, no duplicates. */
typedef struct TaskOrder
{
	int			count;
	OrderKey	keys[ORDER_MAX_KEYS];
	Datum		term;			/* of ORDER_RELEVANCE: text */
	bool		without_accents;	/* of the term: ignores accents */
} TaskOrder;

/* What lists of a kind can be ordered by. */
typedef struct OrderKeys
{
	const char *plural;			/* for messages, as the first word of a sentence */
	const void *list;			/* for key() */
	/* The key of a field; empty if nothing is ordered by it, NULL after the last. */
	const char *(*key) (const void *list, int field);
} OrderKeys;

extern const OrderKeys list_order_of_tasks;

extern const TaskField *list_order_field(int field);
extern void list_order_by_created_on(TaskOrder *order);
extern void list_order_by_relevance(TaskOrder *order, Datum term, bool without_accents);
extern void list_order_read(TaskOrder *order, const OrderKeys *keys, const JsonReadKey *key, const char *text);
extern bool list_order_is_by(const TaskOrder *order, int field);
extern int	list_order_columns(const TaskOrder *order, OrderKey columns[ORDER_MAX_COLUMNS]);
extern bool list_order_begins_with_nulls(const TaskOrder *order);
extern uint32 list_order_code(const TaskOrder *order);
extern void list_order_write_schema(JsonWriter *out, const OrderKeys *keys, const char *normal, const char *example);

#endif
