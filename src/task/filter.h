/*
 * filter.h
 *		What a list of tasks is restricted to, and how it is cut into pages.
 */
#ifndef TASKCRM_FILTER_H
#define TASKCRM_FILTER_H

#include "lib/stringinfo.h"
#include "pgtime.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "identity/identity.h"
#include "task/cursor.h"
#include "task/order.h"
#include "task/task_text.h"
#include "wire/json_in.h"
#include "wire/json_out.h"

/* In the order in which links name them. */
typedef enum TaskFilterKey
{
	FILTER_TITLE,
	FILTER_STATUS,
	FILTER_PRIORITY,
	FILTER_ASSIGNED_TO,
	FILTER_ACCOUNT,
	FILTER_DUE_DATE,
	FILTER_CONTACT,
	FILTER_TEAM,
	FILTER_CREATED_BY,
	FILTER_SEARCH,
	FILTER_DUE_DATE_GTE,
	FILTER_DUE_DATE_LTE,
	FILTER_CREATED_ON_GTE,
	FILTER_CREATED_ON_LTE,
	FILTER_OVERDUE,
	FILTER_NO_DUE_DATE,
	FILTER_UNASSIGNED,
	FILTER_UPDATED_ON_GTE,
	FILTER_UPDATED_ON_LTE,
	FILTER_IDS,
	FILTER_TIME_ZONE,
	FILTER_COUNT,
	FILTER_ORDERING,
	FILTER_LIMIT,
	FILTER_OFFSET,
	FILTER_CURSOR,
	FILTER_KEYS
} TaskFilterKey;

typedef enum TaskCountMode
{
	COUNT_EXACT,
	COUNT_ESTIMATED,
	COUNT_NONE
} TaskCountMode;

typedef struct TaskFilter
{
	bool		present;		/* restricts the list */
	int			variant;		/* which of its two conditions; see filter.c */
	Datum		value;			/* the condition's parameter */
	uint32		labels;			/* of status and priority: which labels, as bits */
	int			ntexts;			/* what the caller sent, for links */
	char	  **texts;
	DescribedTasks *described;	/* of a search in descriptions, else NULL */
} TaskFilter;

typedef struct TaskFilters
{
	TaskFilter	filters[FILTER_KEYS];
	pg_tz	   *zone;			/* that the caller names, or NULL; see filter_zone() */
	TaskOrder	order;
	int64		limit;
	bool		limit_given;
	int64		offset;
	TaskCursor	cursor;
	TaskCountMode count;
} TaskFilters;

extern pg_tz *filter_zone(const TaskFilters *filters);
extern void filter_read(TaskFilters *filters, Jsonb *json, const Identity *identity);
extern TaskCountMode filter_count_mode(const JsonInKey *key, const char *mode);
extern int	filter_driver(const TaskFilters *filters, bool ordered);
extern void filter_driver_link(int key, const char **table, const char **column);
extern bool filter_is_only(const TaskFilters *filters, uint32 keys);
extern bool filter_needs_value(const TaskFilters *filters, bool ordered);
extern int	filter_variant(const TaskFilters *filters, int key, bool ordered);
extern bool filter_second_argument(const TaskFilters *filters, int key, int variant, Oid *type, Datum *value);
extern void filter_append_condition(StringInfo sql, int key, int variant, int parameter);
extern Oid	filter_argument_type(const TaskFilters *filters, int key);
extern uint64 filter_fingerprint(const TaskFilters *filters);
extern void filter_append_link(StringInfo uri, const TaskFilters *filters, int64 offset,
							   const char *cursor);
extern const char *filter_key(TaskFilterKey key);
extern const char *filter_doc(TaskFilterKey key);
extern void filter_write_schema(JsonOut *out, TaskFilterKey key);

#endif
