/*
 * order.h
 *		What a list of tasks is ordered by.
 */
#ifndef TASKCRM_ORDER_H
#define TASKCRM_ORDER_H

#include "wire/json_in.h"
#include "wire/json_out.h"

/* Keys that a list may be ordered by at most. */
#define ORDER_MAX_KEYS 4
/* With what equal tasks are ordered by: created_on and id. */
#define ORDER_MAX_COLUMNS (ORDER_MAX_KEYS + 2)

typedef struct OrderKey
{
	int			field;			/* index into task_fields */
	bool		descending;
} OrderKey;

/* The keys, the most significant one first; at least one, and none twice. */
typedef struct TaskOrder
{
	int			count;
	OrderKey	keys[ORDER_MAX_KEYS];
} TaskOrder;

extern void order_by_created_on(TaskOrder *order);
extern void order_read(TaskOrder *order, const JsonInKey *key, const char *text);
extern bool order_is_by(const TaskOrder *order, int field);
extern int	order_columns(const TaskOrder *order, OrderKey columns[ORDER_MAX_COLUMNS]);
extern bool order_begins_with_nulls(const TaskOrder *order);
extern uint32 order_code(const TaskOrder *order);
extern void order_write_schema(JsonOut *out);

#endif
