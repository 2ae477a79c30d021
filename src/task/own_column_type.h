/*
 * own_column_type.h
 *		The types of columns that an administrator added.
 */
#ifndef TASKCRM_OWN_COLUMN_TYPE_H
#define TASKCRM_OWN_COLUMN_TYPE_H

#include "task/task_field_type.h"

/* The longest text that the API writes into such a column, in characters. */
#define OWN_COLUMN_MAX_TEXT 10000

extern const FieldType *own_column_type(Oid type);
extern bool own_column_type_is_ranged(const FieldType *type);
extern int	own_column_type_values(const struct TaskField *field, Datum **values);
extern void own_column_write_labels(JsonWriter *out, Oid enum_type);

#endif
