/*
 * list_value.h
 *		The values that the filters of several lists have.
 */
#ifndef TASKCRM_LIST_VALUE_H
#define TASKCRM_LIST_VALUE_H

#include "utils/jsonb.h"

#include "base/uuid.h"
#include "wire/json_read.h"

/* Longer terms are rejected: they cost time and cannot occur in a title. */
#define LIST_VALUE_MAX_TERM 1000

typedef enum TaskCountMode
{
	COUNT_EXACT,
	COUNT_ESTIMATED,
	COUNT_NONE
} TaskCountMode;

extern char *list_value_term(const JsonReadKey *key, const JsonbValue *value);
extern int	list_value_ids(const JsonReadKey *key, const JsonbValue *value, const pg_uuid_t *me,
						   char ***texts, Datum **ids);
extern TaskCountMode list_value_count_mode(const JsonReadKey *key, const char *mode);

#endif
