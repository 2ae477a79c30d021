/*
 * cursor.h
 *		The text that stands for a place in a list.
 */
#ifndef TASKCRM_CURSOR_H
#define TASKCRM_CURSOR_H

#include "access/htup.h"
#include "access/tupdesc.h"

#include "task/filter.h"

typedef enum CursorValidity
{
	CURSOR_VALID,
	CURSOR_MALFORMED,
	CURSOR_FOREIGN				/* of a list with other filters or another ordering */
} CursorValidity;

extern CursorValidity cursor_read(TaskFilters *filters, const char *text);
extern char *cursor_write(const TaskFilters *filters, HeapTuple tuple, TupleDesc desc);

#endif
