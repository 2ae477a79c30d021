/*
 * task_fields.h
 *		The fields of a task: the one table that drives reading, writing and ordering.
 */
#ifndef TASKCRM_TASK_FIELDS_H
#define TASKCRM_TASK_FIELDS_H

#include "lib/stringinfo.h"

#include "task/task_field_type.h"
#include "task/task_label.h"

typedef struct TaskField
{
	const char *key;			/* in JSON */
	const FieldType *type;
	const char *column;			/* of taskcrm.task; NULL for links and the organization */
	const char *link_table;		/* of a set of links, or NULL */
	const char *link_column;
	const char *order;			/* expression over taskcrm.task t to order by, or NULL */
	bool		order_created_on;	/* ties are ordered by created_on, then id */
	bool		order_nulls;	/* the expression may be NULL */
	bool		writable;		/* may be sent in task_data */
	bool		at_creation;	/* may be sent for a new task only */
	bool		required;		/* cannot be null */
	bool		not_blank;		/* of a text: must contain a character that is not blank */
	int			max_length;		/* of a text, in characters; 0 for any */
	int			minimum;		/* of an integer; 0 for any */
	const LabelSet *labels;		/* of a label, or NULL */
	bool		nullable;		/* null is shown where there is no value */
	const char *doc;			/* description for clients */
	/* Of a column that an administrator added; see own_column.c. */
	bool		is_own;
	bool		has_default;	/* the table has a value for a new task that does not bring one */
	Oid			enum_type;		/* of a field_own_label */
	bool		is_indexed;		/* an index begins with org_id, this column and created_on */
} TaskField;

/* The index of each field in task_fields. */
enum
{
	TASK_ID,
	TASK_TITLE,
	TASK_STATUS,
	TASK_PRIORITY,
	TASK_DUE_DATE,
	TASK_ACCOUNT,
	TASK_CONTACTS,
	TASK_CREATED_ON,
	TASK_ASSIGNED_TO,
	TASK_TEAMS,
	TASK_DESCRIPTION,
	TASK_CREATED_BY,
	TASK_UPDATED_ON,
	TASK_COMPLETED_ON,
	TASK_COMPLETED_BY,
	TASK_VERSION,
	TASK_ORG,
	TASK_FIELDS
};

/* The maximum number of columns that an administrator can add, and of all fields. */
#define TASK_MAX_OWN 16
#define TASK_MAX_FIELDS (TASK_FIELDS + TASK_MAX_OWN)

/*
 * In the order of the JSON: the specification's ten fields, the additional ones, then the
 * columns that an administrator added, from TASK_FIELDS on.  They change only between API
 * calls.
 */
extern const TaskField *task_fields;
extern int	task_field_count;

/* The number of fields that are links, and their indexes in task_fields. */
#define TASK_LINKS 3
extern const int task_links[TASK_LINKS];

extern void task_fields_check(void);
extern void task_fields_replace(const TaskField *fields, int count);
extern int	task_field_by_key(const char *key);
extern bool task_field_is_list(const char *key);
extern void task_field_select_list(StringInfo sql);
extern int	task_field_column(int field);
extern int	task_field_writable_columns(int *fields);
extern Oid	task_field_type(int field);
extern void task_field_append_cast(StringInfo sql, int field);
extern char *task_field_writable_list(void);

#endif
