/*
 * event_type.h
 *		The types of events: what an event is about, and what happened to it.
 */
#ifndef TASKCRM_EVENT_TYPE_H
#define TASKCRM_EVENT_TYPE_H

/* What an event is about. */
typedef enum EventNoun
{
	EVENT_TASK,
	EVENT_COMMENT,
	EVENT_ATTACHMENT,
	EVENT_ACCOUNT,
	EVENT_CONTACT,
	EVENT_TEAM,
	EVENT_MEMBER,
	EVENT_VIEW
} EventNoun;
#define EVENT_NOUNS (EVENT_VIEW + 1)

typedef enum EventVerb
{
	EVENT_CREATED,
	EVENT_UPDATED,
	EVENT_RESTORED,				/* inserted as it was before it was deleted */
	EVENT_DELETED
} EventVerb;

/* For messages about a type that does not exist. */
#define EVENT_TYPE_HINT "Types are such as task.created, comment.deleted and account.*"

extern char *event_type_name(EventNoun noun, EventVerb verb);
extern bool event_type_belongs_to_task(EventNoun noun);
extern bool event_type_is_valid(const char *type);

#endif
