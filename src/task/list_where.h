/*
 * list_where.h
 *		Filters of lists as SQL conditions, and their effect on plans.
 */
#ifndef TASKCRM_LIST_WHERE_H
#define TASKCRM_LIST_WHERE_H

#include "lib/stringinfo.h"

#include "task/list_filter.h"

extern int	list_where_driver(const TaskFilters *filters, bool ordered);
extern void list_where_append_links(StringInfo sql, int key, bool is_open, const char *alias);
extern bool list_where_is_open(const TaskFilters *filters);
extern bool list_where_is_only(const TaskFilters *filters, uint32 keys);
extern bool list_where_needs_value(const TaskFilters *filters, bool ordered, int driver);
extern int	list_where_variant(const TaskFilters *filters, int key, bool ordered);
extern bool list_where_second_argument(const TaskFilters *filters, int key, int variant, Oid *type, Datum *value);
extern void list_where_append_text(StringInfo sql, const char *text, int parameter);
extern void list_where_append_condition(StringInfo sql, const TaskFilters *filters, int key, int variant, bool is_open,
										bool of_each, int parameter);
extern Oid	list_where_argument_type(const TaskFilters *filters, int key);

#endif
