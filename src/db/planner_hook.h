/*
 * planner_hook.h
 *		Controls how the statements of the extension are planned.
 */
#ifndef TASKCRM_PLANNER_HOOK_H
#define TASKCRM_PLANNER_HOOK_H

extern void planner_hook_init(void);

#endif
