/*
 * list_own.h
 *		Filters of lists on columns that an administrator added.
 */
#ifndef TASKCRM_LIST_OWN_H
#define TASKCRM_LIST_OWN_H

#include "lib/stringinfo.h"

#include "task/list_filter.h"
#include "task/task_fields.h"

/* The bytes that identify which such filters a list has. */
#define LIST_OWN_CODE_SIZE TASK_MAX_OWN
/* The maximum number of such filters in one list. */
#define LIST_OWN_MAX (TASK_MAX_OWN * OWN_OPERATORS)

/* A key of such a filter, for descriptions. */
typedef struct OwnFilterKey
{
	int			field;			/* index into task_fields */
	OwnOperator operator;
} OwnFilterKey;

extern bool list_own_note(TaskFilters *filters, const char *key, const JsonbValue *value);
extern void list_own_read(TaskFilters *filters);
extern void list_own_append_keys(StringInfo list);
extern void list_own_write_code(const TaskFilters *filters, uint8 *code);
extern Oid	list_own_argument_type(const OwnFilter *filter);
extern void list_own_append_condition(StringInfo sql, const OwnFilter *filter, int parameter);

extern int	list_own_keys(OwnFilterKey keys[LIST_OWN_MAX]);
extern char *list_own_key(const OwnFilterKey *key);
extern char *list_own_doc(const OwnFilterKey *key);
extern void list_own_write_schema(JsonWriter *out, const OwnFilterKey *key);

#endif
