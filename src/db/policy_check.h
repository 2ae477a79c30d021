/*
 * policy_check.h
 *		What the policies on the tables leave to be read.
 */
#ifndef TASKCRM_POLICY_CHECK_H
#define TASKCRM_POLICY_CHECK_H

extern void policy_check_init(void);
extern bool policy_shows_all_tasks(void);
extern bool policy_shows_all_counters(void);

#endif
