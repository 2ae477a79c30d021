/*
 * list_filter.h
 *		Reads the filters of a list of tasks and how it is paged.
 */
#ifndef TASKCRM_LIST_FILTER_H
#define TASKCRM_LIST_FILTER_H

#include "pgtime.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "identity/identity.h"
#include "task/list_cursor.h"
#include "task/list_order.h"
#include "task/list_value.h"
#include "task/task_text.h"

/* In the order in which links contain them. */
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
	FILTER_COMPLETED_BY,
	FILTER_COMPLETED_ON_GTE,
	FILTER_COMPLETED_ON_LTE,
	FILTER_IDS,
	FILTER_WHERE,
	FILTER_VIEW,
	/* From here on, keys do not restrict a list. */
	FILTER_TIME_ZONE,
	FILTER_ACCENTS,
	FILTER_COUNT,
	FILTER_TOTALS,
	FILTER_EXPAND,
	FILTER_ORDERING,
	FILTER_LIMIT,
	FILTER_OFFSET,
	FILTER_CURSOR,
	FILTER_KEYS
} TaskFilterKey;

typedef struct TaskFilter
{
	bool		present;		/* restricts the list */
	int			variant;		/* which of its conditions; see list_filter_spec.c */
	Datum		value;			/* the condition's parameter */
	bool		without_accents;	/* of a term: ignores accents */
	uint32		labels;			/* of status and priority: which labels, as bits */
	int			ntexts;			/* what the caller sent, for links */
	char	  **texts;
	DescribedTasks *described;	/* of a search in descriptions, else NULL */
} TaskFilter;

/* How a filter compares the values of a column that an administrator added. */
typedef enum OwnOperator
{
	OWN_EQUAL,
	OWN_IN,
	OWN_GTE,
	OWN_LTE,
	OWN_OPERATORS
} OwnOperator;

/* A filter on such a column; see list_own.c. */
typedef struct OwnFilter
{
	int			field;			/* index into task_fields */
	OwnOperator operator;
	const char *key;
	JsonbValue *sent;
	bool		is_array;		/* any of several values */
	bool		is_before;		/* strictly before the value: up to the end of a day */
	Datum		value;			/* a value, or an array of them */
	int			ntexts;			/* what the caller sent, for links */
	char	  **texts;
} OwnFilter;

typedef struct TaskFilters
{
	TaskFilter	filters[FILTER_KEYS];
	int			nown;
	OwnFilter  *own;			/* in the order of fields and operators */
	struct TreeSql *tree;		/* of FILTER_WHERE, what filters do not express; or NULL */
	pg_tz	   *zone;			/* in which days begin */
	TaskOrder	order;
	int64		limit;
	bool		limit_given;
	int64		offset;
	const char *sent_cursor;	/* NULL for none */
	TaskCursor	cursor;
	TaskCountMode count;
	bool		totals;			/* of the whole list, beside the page */
	uint32		expand;			/* a bit for each ExpandKind */
} TaskFilters;

extern void list_filter_read(TaskFilters *filters, Jsonb *json, const Identity *identity);
extern uint64 list_filter_fingerprint(const TaskFilters *filters);

#endif
