/*
 * counter.h
 *		How many tasks an organization has, of each status and priority.
 */
#ifndef TASKCRM_COUNTER_H
#define TASKCRM_COUNTER_H

extern int64 counter_compact(void);
extern void counter_rebuild(void);
extern void counter_check(void);

#endif
