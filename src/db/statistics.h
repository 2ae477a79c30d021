/*
 * statistics.h
 *		What the planner may know of our tables.
 */
#ifndef TASKCRM_STATISTICS_H
#define TASKCRM_STATISTICS_H

extern void statistics_init(void);

#endif
