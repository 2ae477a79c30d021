/*
 * task_expand.h
 *		The objects that tasks refer to, beside their ids, and the numbers of their comments
 *		and attachments.
 */
#ifndef TASKCRM_TASK_EXPAND_H
#define TASKCRM_TASK_EXPAND_H

#include "access/htup.h"
#include "access/tupdesc.h"

#include "base/id_set.h"
#include "task/task_links.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* In the order in which they are written. */
typedef enum ExpandKind
{
	EXPAND_ACCOUNT,
	EXPAND_CONTACTS,
	EXPAND_ASSIGNED_TO,
	EXPAND_TEAMS,
	EXPAND_CREATED_BY,
	EXPAND_COMMENTS,
	EXPAND_ATTACHMENTS,
	EXPAND_KINDS
} ExpandKind;

/* The objects of one kind that some tasks refer to, or numbers by the ids of the tasks. */
typedef struct ExpandedRows
{
	IdSet		ids;
	Datum	   *objects;		/* JSON, by the position of the id; 0 for a row that the
								 * caller cannot see, and for no rows */
} ExpandedRows;

typedef struct TaskExpanded
{
	uint32		kinds;			/* a bit for each kind that is wanted */
	ExpandedRows rows[EXPAND_KINDS];
} TaskExpanded;

extern uint32 task_expand_read(const JsonReadKey *key, char **texts, int count);
extern uint32 task_expand_argument(const text *value);
extern char *task_expand_list(const char *separator);
extern const char *task_expand_key(int kind);
extern void task_expand_write_schema(JsonWriter *out);
extern void task_expand_fetch(TaskExpanded *expanded, const pg_uuid_t *org_id, HeapTuple *rows, TupleDesc desc,
							  uint64 count, const TaskLinks *links, bool read_only);
extern void task_expand_write(JsonWriter *out, const TaskExpanded *expanded, HeapTuple tuple, TupleDesc desc,
							  const TaskLinks *links);

#endif
