/*
 * list_after.h
 *		The condition that rows come after a cursor's.
 */
#ifndef TASKCRM_LIST_AFTER_H
#define TASKCRM_LIST_AFTER_H

#include "lib/stringinfo.h"

#include "task/list_order.h"

/* A column of the order; the wanted rows come after the cursor's. */
typedef struct AfterColumn
{
	OrderKey	key;
	const char *expression;
	int			parameter;		/* of the cursor's value; 0 for NULL */
} AfterColumn;

extern void list_after_append(StringInfo sql, const AfterColumn *columns, int count);

#endif
