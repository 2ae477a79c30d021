/*
 * field.h
 *		The fields of a task: the one table that reading, writing and ordering
 *		are made from.
 */
#ifndef TASKCRM_FIELD_H
#define TASKCRM_FIELD_H

#include "lib/stringinfo.h"

typedef enum TaskFieldKind
{
	FIELD_UUID,
	FIELD_TEXT,
	FIELD_DATE,
	FIELD_TIMESTAMP,
	FIELD_INTEGER,
	FIELD_LINKS,				/* a set of uuids in a table of its own */
	FIELD_ORG					/* the organization, the same for all */
} TaskFieldKind;

typedef struct TaskField
{
	const char *key;			/* in JSON */
	TaskFieldKind kind;
	const char *column;			/* expression over taskcrm.task t; NULL for links, org */
	const char *order;			/* expression to order by, or NULL */
	const char *link_table;		/* of a FIELD_LINKS */
	const char *link_column;
} TaskField;

/* In the order in which JSON has them: the specification's ten, then ours. */
#define TASK_FIELDS 15
extern const TaskField task_fields[TASK_FIELDS];

/* How many fields are links, and which they are, by index into task_fields. */
#define TASK_LINKS 3
extern const int task_links[TASK_LINKS];

extern int	task_field_by_key(const char *key);
extern void task_field_select_list(StringInfo sql);
extern char *task_field_order_list(void);

#endif
