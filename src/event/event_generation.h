/*
 * event_generation.h
 *		The cluster and the timeline whose transaction ids events carry.
 */
#ifndef TASKCRM_EVENT_GENERATION_H
#define TASKCRM_EVENT_GENERATION_H

/* By how much the clocks of the nodes of a cluster may differ, in microseconds. */
#define EVENT_CLOCK_DIFFERENCE INT64CONST(60000000)

extern int32 event_generation_writing(void);
extern void event_generation_reading(int32 *generation, int64 *system_identifier, int32 *timeline);
extern bool event_generation_is_ordered(void);
extern bool event_generation_is(int32 generation, int64 system_identifier, int32 timeline);

#endif
