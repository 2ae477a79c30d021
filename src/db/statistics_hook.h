/*
 * statistics_hook.h
 *		What the planner may know of our tables.
 */
#ifndef TASKCRM_STATISTICS_HOOK_H
#define TASKCRM_STATISTICS_HOOK_H

extern void statistics_hook_init(void);

#endif
