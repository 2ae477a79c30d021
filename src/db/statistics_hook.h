/*
 * statistics_hook.h
 *		Limits what the planner, and through EXPLAIN a client, learns from statistics.
 */
#ifndef TASKCRM_STATISTICS_HOOK_H
#define TASKCRM_STATISTICS_HOOK_H

extern void statistics_hook_init(void);

#endif
