/*
 * event_row.c
 *		An event, as clients see it.
 */
#include "postgres.h"

#include "task/event_row.h"

static const RowField event_fields[] = {
	{"id", ROW_UUID, false, "The id of the event."},
	{"type", ROW_TEXT, false, "What it is about, and what happened: task.updated, comment.created and so on."},
	{"task", ROW_UUID, true, "The id of the task that it is about, or that the comment or file belongs to; null for others."},
	{"subject", ROW_UUID, false, "The id of what was changed; of a member, the id of the user."},
	{"version", ROW_BIGINT, true, "The version of the task after the change; null for what has none."},
	{"actor", ROW_UUID, true, "The id of the user who did it; null if no user did."},
	{"actor_name", ROW_TEXT, true, "The name of that user; null if it is not known any more."},
	{"happened_on", ROW_TIMESTAMP, false, "When it happened."},
	{"changes", ROW_OBJECT, false, "The keys that changed, each with from and to, or added and removed; of a longer text only from."},
	{"names", ROW_OBJECT, false, "The names for ids in changes."}
};

const RowSchema event_schema = {"Event", "What happened, and the names of those whose ids it contains.", lengthof(event_fields), event_fields};
