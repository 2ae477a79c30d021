/*
 * policy.h
 *		What the policies on the tables leave to be read.
 */
#ifndef TASKCRM_POLICY_H
#define TASKCRM_POLICY_H

extern void policy_init(void);
extern bool policy_shows_all_tasks(void);
extern bool policy_shows_all_counters(void);

#endif
