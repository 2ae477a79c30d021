/*
 * list_cursor.h
 *		The text that encodes a position in a list.
 */
#ifndef TASKCRM_LIST_CURSOR_H
#define TASKCRM_LIST_CURSOR_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "datatype/timestamp.h"

#include "base/uuid.h"
#include "task/list_order.h"
#include "wire/json_read.h"

/* The cursor of the first page, of any list. */
#define LIST_CURSOR_START "start"

/* The position at which a page begins, if a list is paged by cursor. */
typedef struct TaskCursor
{
	bool		given;			/* paged by cursor */
	bool		has_row;		/* false at the start of the list */
	bool		is_null[ORDER_MAX_KEYS];
	Datum		keys[ORDER_MAX_KEYS];	/* the row's values of the ordering's keys,
										 * except created_on */
	TimestampTz created_on;
	pg_uuid_t	id;
} TaskCursor;

typedef enum CursorValidity
{
	CURSOR_VALID,
	CURSOR_MALFORMED,
	CURSOR_FOREIGN				/* belongs to a list with other filters or another
								 * ordering */
} CursorValidity;

extern CursorValidity list_cursor_read(TaskCursor *cursor, const TaskOrder *order, uint64 fingerprint,
									const char *text);
extern void list_cursor_refuse(const JsonReadKey *key, CursorValidity validity);
extern char *list_cursor_write(const TaskOrder *order, uint64 fingerprint, HeapTuple tuple, TupleDesc desc);

#endif
