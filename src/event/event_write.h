/*
 * event_write.h
 *		Writes drafts as events.
 */
#ifndef TASKCRM_EVENT_WRITE_H
#define TASKCRM_EVENT_WRITE_H

#include "event/event_record.h"

extern int64 event_write_next_seq(void);
extern void event_write(EventDraft **drafts, int count);
extern void event_write_set_actor(const pg_uuid_t *org_id, const pg_uuid_t *user_id);
extern void event_write_forget_actors(void);

#endif
