/*
 * event_record.h
 *		The record of what happened: collects changes and writes them as events.
 */
#ifndef TASKCRM_EVENT_RECORD_H
#define TASKCRM_EVENT_RECORD_H

#include "base/uuid.h"
#include "task/event_type.h"
#include "wire/json_write.h"

/* The sets that belong to a task, by their place in task_links, or to a team. */
#define EVENT_SETS 3

/* The change of one row, and of the sets that belong to it. */
typedef struct EventDraft
{
	EventNoun	noun;
	EventVerb	verb;
	bool		has_row;		/* the row has changed, not only a set */
	pg_uuid_t	org_id;
	pg_uuid_t	subject_id;
	pg_uuid_t	task_id;		/* of a task, a comment or an attachment; of others,
								 * the subject's id */
	int32		version;		/* of a task; 0 for unknown */
	int64		seq;
	JsonWriter	changes;		/* members of the object; text.data is NULL where there are none */
	JsonWriter	added[EVENT_SETS];	/* ids; likewise */
	JsonWriter	removed[EVENT_SETS];
} EventDraft;

extern void event_record_init(void);
extern void event_scope_begin(void);
extern void event_scope_end(void);
extern EventDraft *event_draft(EventNoun noun, const pg_uuid_t *org_id, const pg_uuid_t *subject_id, bool is_row);
extern void event_draft_changes(EventDraft *draft, const JsonWriter *changes);
extern void event_draft_set(EventDraft *draft, int set, const pg_uuid_t *id, bool is_removal);
extern void event_record_relieve(void);
extern bool event_is_recorded_here(const pg_uuid_t *org_id);
extern void event_record_forget(const pg_uuid_t *org_id);

#endif
