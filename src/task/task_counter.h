/*
 * task_counter.h
 *		Counts the tasks of each organization by status and priority.
 */
#ifndef TASKCRM_TASK_COUNTER_H
#define TASKCRM_TASK_COUNTER_H

#include "base/uuid.h"

extern int64 task_counter_compact(void);
extern void task_counter_fold_away(const pg_uuid_t *org_id);
extern void task_counter_rebuild(void);
extern void task_counter_check(void);

#endif
