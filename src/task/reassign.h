/*
 * reassign.h
 *		Moves the tasks of one assignee to another, or to nobody.
 */
#ifndef TASKCRM_REASSIGN_H
#define TASKCRM_REASSIGN_H

#include "task/list_filter.h"
#include "wire/json_write.h"

/* What has been done, by number of tasks. */
typedef struct ReassignCounts
{
	int64		tasks;			/* lost the assignee */
	int64		assigned;		/* got the other one instead */
	int64		already_assigned;	/* had the other one already */
	int64		left_unassigned;	/* are open and have no assignee now */
} ReassignCounts;

/* A member who is being removed, whose open tasks go to another one or to nobody. */
typedef struct MemberRemoval
{
	pg_uuid_t	org_id;
	pg_uuid_t	from;
	const pg_uuid_t *to;		/* NULL for nobody */
	ReassignCounts counts;
} MemberRemoval;

extern void reassign_check_target(const char *argument, const pg_uuid_t *org_id, const pg_uuid_t *from,
								  const pg_uuid_t *to);
extern void reassign_read_filters(TaskFilters *filters, Jsonb *json, const pg_uuid_t *from, const Identity *identity);
extern void reassign_tasks(ReassignCounts *counts, const pg_uuid_t *org_id, const pg_uuid_t *from,
						   const pg_uuid_t *to, const TaskFilters *filters);
extern bool reassign_release(MemberRemoval *removal);
extern void reassign_remove(const MemberRemoval *removal);
extern void reassign_write(JsonWriter *out, const ReassignCounts *counts);

#endif
