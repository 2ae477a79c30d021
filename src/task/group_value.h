/*
 * group_value.h
 *		The values that groups of tasks have: as JSON, for people, and as filters of a list.
 */
#ifndef TASKCRM_GROUP_VALUE_H
#define TASKCRM_GROUP_VALUE_H

#include "task/group_kind.h"

extern int	group_value_all(const Grouping *grouping, const TaskFilters *filters, NullableDatum **values);
extern Datum group_value_key(const Grouping *grouping, NullableDatum value);
extern Datum group_value_label(const Grouping *grouping, NullableDatum value, Datum key);
extern Datum group_value_name(NullableDatum name);
extern bool group_value_is_replaced(const Grouping *grouping, const TaskFilters *filters, NullableDatum value);
extern Datum group_value_filters(const Grouping *grouping, const TaskFilters *filters, NullableDatum value, Datum key);

#endif
