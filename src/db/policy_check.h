/*
 * policy_check.h
 *		Finds out which rows the policies on the tables show.
 */
#ifndef TASKCRM_POLICY_CHECK_H
#define TASKCRM_POLICY_CHECK_H

extern void policy_check_init(void);
extern bool policy_shows_all_tasks(void);
extern bool policy_shows_all_counters(void);
extern bool policy_shows_all_links(void);

#endif
