/*
 * list_query.h
 *		Runs the statements that read lists of tasks.
 */
#ifndef TASKCRM_LIST_QUERY_H
#define TASKCRM_LIST_QUERY_H

#include "lib/stringinfo.h"

#include "task/list_filter.h"

/* The limit of LIST_QUERY_COUNT_SOME, and of assignees in LIST_QUERY_BY_ASSIGNEE. */
#define LIST_QUERY_SOME 1001
#define LIST_QUERY_ASSIGNEES 10

typedef enum ListQueryKind
{
	LIST_QUERY_TASKS,				/* the columns of task_field_select_list() */
	LIST_QUERY_IDS,
	LIST_QUERY_COUNT,				/* how many there are */
	LIST_QUERY_COUNTERS,			/* the same, from the counters */
	LIST_QUERY_COUNT_SOME,			/* how many there are, up to LIST_QUERY_SOME */
	LIST_QUERY_COUNT_AMONG,			/* how many of given tasks */
	LIST_QUERY_AMONG,				/* which of given tasks, as LIST_QUERY_TASKS, by id */
	LIST_QUERY_LOCK,				/* the ids of all, by id */
	LIST_QUERY_TOTALS,				/* status, priority, due_date, whether unassigned, how many */
	LIST_QUERY_TOTALS_OPEN,			/* the same of the tasks that are not completed */
	LIST_QUERY_TOTALS_COUNTED,		/* the same of all, from the counters: without the two in the middle */
	LIST_QUERY_BY_ASSIGNEE,			/* id, name, email, how many; of those with most */
	LIST_QUERY_GROUPS,				/* as ListGroups says, from the tasks */
	LIST_QUERY_GROUPS_LINKED,		/* the same, from the links of the tasks */
	LIST_QUERY_GROUPS_COUNTED,		/* the same, from the counters */
	LIST_QUERY_REASSIGN				/* moves the tasks of an assignee, and counts them */
} ListQueryKind;

/* How LIST_QUERY_LOCK locks the tasks. */
typedef enum ListQueryLock
{
	LIST_LOCK_NONE,
	LIST_LOCK_UPDATE,
	LIST_LOCK_DELETE
} ListQueryLock;

/* The columns of LIST_QUERY_REASSIGN. */
enum
{
	REASSIGN_TASKS = 1,			/* tasks of the assignee */
	REASSIGN_DELETED,			/* links to the assignee that were deleted */
	REASSIGN_WANTED,			/* tasks that the other assignee is to have */
	REASSIGN_INSERTED,			/* and did not have */
	REASSIGN_ALREADY,			/* and had, when the statement began */
	REASSIGN_LEFT				/* open tasks that have no assignee now */
};

/* The columns of LIST_QUERY_TOTALS and its like: unassigned is NULL for completed tasks. */
enum
{
	TOTALS_STATUS = 1,
	TOTALS_PRIORITY,
	TOTALS_DUE_DATE,
	TOTALS_UNASSIGNED,
	TOTALS_COUNT
};

/*
 * The part of a list that a statement reads.  Usually a list is one part.  After a cursor
 * there are two if the ordering's value can be NULL, because no single index condition
 * covers both.
 */
typedef enum ListQueryPart
{
	PART_WHOLE,
	PART_AFTER,					/* after the cursor's row, those with a value */
	PART_NULLS_AFTER,			/* after the cursor's row, those without */
	PART_NULLS,					/* all of those without */
	PART_NOT_NULLS				/* all of those with */
} ListQueryPart;

/* The maximum number of arguments of a statement that counts groups. */
#define LIST_GROUPS_MAX_ARGS 4

/* A statement that counts groups of the tasks; see group_count.c. */
typedef struct ListGroups
{
	uint32		code;			/* differs if the text does, for one kind of statement */
	const char *columns;		/* what is selected of the tasks; not of LIST_QUERY_GROUPS_LINKED,
								 * which selects id */
	int			nargs;
	Oid			types[LIST_GROUPS_MAX_ARGS];
	Datum		values[LIST_GROUPS_MAX_ARGS];
	/*
	 * Appends what follows the tasks, which are k.  parameter: the number of the first one;
	 * open_links: the links of open tasks stand for all links.
	 */
	void		(*append_end) (StringInfo sql, const struct ListGroups *groups, int parameter, bool open_links);
} ListGroups;

extern bool list_query_is_counted(const TaskFilters *filters);
extern void list_query_run(const TaskFilters *filters, const pg_uuid_t *org_id, ListQueryKind what,
						   ListQueryPart part, int64 limit, int64 offset);
extern void list_query_reassign(const TaskFilters *filters, const pg_uuid_t *org_id, const pg_uuid_t *from,
								const pg_uuid_t *to, bool completed_too, bool completed_move);
extern void list_query_lock(const TaskFilters *filters, const pg_uuid_t *org_id, ListQueryLock lock, int64 limit);
extern void list_query_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids);
extern void list_query_count_groups(const TaskFilters *filters, const pg_uuid_t *org_id, const ListGroups *groups,
									ListQueryKind what);
extern void list_query_count_among(const TaskFilters *filters, const pg_uuid_t *org_id, Datum ids);

#endif
