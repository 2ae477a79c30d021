/*
 * group_kind.h
 *		What tasks can be grouped by.
 */
#ifndef TASKCRM_GROUP_KIND_H
#define TASKCRM_GROUP_KIND_H

#include "task/list_filter.h"
#include "task/task_label.h"

/* What kind of values the groups have. */
typedef enum GroupValues
{
	GROUP_LABELS,				/* of a LabelSet */
	GROUP_IDS,					/* of what tasks refer to */
	GROUP_DUE,					/* DueGroup */
	GROUP_PERIODS,				/* days, weeks or months */
	GROUP_OWN					/* of a column that an administrator added */
} GroupValues;

/* The groups by due date, in their order.  Each task is in one of them. */
typedef enum DueGroup
{
	DUE_OVERDUE,				/* before today, and open */
	DUE_PAST,					/* before today, and completed */
	DUE_TODAY,
	DUE_THIS_WEEK,				/* after today, until Sunday */
	DUE_LATER,
	DUE_NONE,
	DUE_GROUPS
} DueGroup;

/* How long the groups by time of creation are. */
typedef enum GroupPeriod
{
	PERIOD_DAY,
	PERIOD_WEEK,				/* from Monday */
	PERIOD_MONTH,
	PERIODS
} GroupPeriod;

typedef struct GroupKind
{
	const char *name;
	GroupValues values;
	TaskFilterKey filter;		/* of GROUP_LABELS and GROUP_IDS: the filter on a value */
	const LabelSet *labels;		/* of GROUP_LABELS */
	int			links;			/* the field with the links, 0 for none */
	/* The statement; see group_count.c. */
	const char *columns;		/* what it reads of tasks, over taskcrm.task t */
	const char *value;			/* the value, over k with these columns, or over links l */
	const char *cast;			/* of the value in the result */
	const char *label;			/* text for a value g.v; NULL: the value */
	bool		counted;		/* the counters have the columns */
} GroupKind;

/* What tasks are grouped by, as a caller has asked for it. */
typedef struct Grouping
{
	const GroupKind *kind;
	int			field;			/* of GROUP_OWN: index into task_fields */
	GroupPeriod period;
	int64		max_groups;		/* of an open set: at most so many, after so many others */
	int64		skip_groups;
} Grouping;

extern bool group_kind_find(Grouping *grouping, const char *name);
extern char *group_kind_names(const char *separator);
extern uint32 group_kind_code(const Grouping *grouping);
extern bool group_period_find(GroupPeriod *period, const char *name);
extern const char *group_period_name(GroupPeriod period);

#endif
