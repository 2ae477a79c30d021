/*
 * task_links.h
 *		The many-to-many links of tasks: contacts, assignees, teams.
 */
#ifndef TASKCRM_TASK_LINKS_H
#define TASKCRM_TASK_LINKS_H

#include "utils/array.h"

#include "base/uuid.h"
#include "task/task_fields.h"

typedef struct TaskLink
{
	pg_uuid_t	task_id;
	int			kind;			/* index in task_links */
	pg_uuid_t	target_id;
} TaskLink;

typedef struct TaskLinks
{
	uint64		count;
	uint64		size;
	TaskLink   *links;			/* ordered by task, kind, target once sorted */
} TaskLinks;

extern void task_links_init(TaskLinks *links, uint64 size);
extern void task_links_add(TaskLinks *links, const pg_uuid_t *task_id, int kind, const pg_uuid_t *target_id);
extern void task_links_sort(TaskLinks *links);
extern void task_links_fetch(TaskLinks *links, const pg_uuid_t *org_id, ArrayType *task_ids, bool read_only);
extern void task_links_require(TaskLinks *written, const TaskLinks *before, const pg_uuid_t *org_id, ArrayType *task_ids);
extern uint64 task_links_first(const TaskLinks *links, const pg_uuid_t *task_id, int kind);
extern bool task_links_is(const TaskLinks *links, uint64 place, const pg_uuid_t *task_id, int kind);
extern int	task_links_kind(int field);

#endif
