/*
 * link.h
 *		The many-to-many links of tasks: contacts, assignees, teams.
 */
#ifndef TASKCRM_LINK_H
#define TASKCRM_LINK_H

#include "utils/array.h"

#include "base/uuid.h"
#include "task/field.h"

typedef struct TaskLink
{
	pg_uuid_t	task_id;
	int			kind;			/* place in task_links */
	pg_uuid_t	target_id;
} TaskLink;

typedef struct TaskLinks
{
	uint64		count;
	uint64		size;
	TaskLink   *links;			/* ordered by task, kind, target once sorted */
} TaskLinks;

extern void link_init(TaskLinks *links, uint64 size);
extern void link_add(TaskLinks *links, const pg_uuid_t *task_id, int kind, const pg_uuid_t *target_id);
extern void link_sort(TaskLinks *links);
extern void link_fetch(TaskLinks *links, const pg_uuid_t *org_id, ArrayType *task_ids, bool read_only);
extern void link_require(TaskLinks *written, const TaskLinks *before, const pg_uuid_t *org_id, ArrayType *task_ids);
extern uint64 link_first(const TaskLinks *links, const pg_uuid_t *task_id, int kind);
extern bool link_is(const TaskLinks *links, uint64 place, const pg_uuid_t *task_id, int kind);
extern int	link_kind(int field);

#endif
