/*
 * event_type.c
 *		The types of events: what an event is about, and what happened to it.
 */
#include "postgres.h"

#include "task/event_type.h"

static const struct
{
	const char *name;
	bool		has_task;		/* belongs to a task */
}			nouns[EVENT_NOUNS] = {
	[EVENT_TASK] = {"task", true},
	[EVENT_COMMENT] = {"comment", true},
	[EVENT_ATTACHMENT] = {"attachment", true},
	[EVENT_ACCOUNT] = {"account", false},
	[EVENT_CONTACT] = {"contact", false},
	[EVENT_TEAM] = {"team", false},
	[EVENT_MEMBER] = {"member", false},
	[EVENT_VIEW] = {"view", false},
};

static const char *const verbs[] = {
	[EVENT_CREATED] = "created",
	[EVENT_UPDATED] = "updated",
	[EVENT_RESTORED] = "restored",
	[EVENT_DELETED] = "deleted",
};

/* Returns the name of a type, such as "task.created", palloc'ed. */
char *
event_type_name(EventNoun noun, EventVerb verb)
{
	return psprintf("%s.%s", nouns[noun].name, verbs[verb]);
}

/* Returns whether events about something belong to a task. */
bool
event_type_belongs_to_task(EventNoun noun)
{
	return nouns[noun].has_task;
}

/* Returns whether there are events of a type, which may also be such as "task.*". */
bool
event_type_is_valid(const char *type)
{
	size_t		length = strcspn(type, ".");

	for (int noun = 0; noun < EVENT_NOUNS; noun++)
	{
		if (strlen(nouns[noun].name) != length || strncmp(nouns[noun].name, type, length) != 0 || type[length] == '\0')
			continue;
		if (strcmp(type + length, ".*") == 0)
			return true;
		for (int verb = 0; verb < (int) lengthof(verbs); verb++)
		{
			if (strcmp(type + length + 1, verbs[verb]) == 0)
				return true;
		}
	}
	return false;
}
