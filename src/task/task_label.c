/*
 * task_label.c
 *		The labels of the enums task_status and task_priority.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "task/task_label.h"

const LabelSet label_status = {"task_status", 3, {"New", "In Progress", "Completed"}};
const LabelSet label_priority = {"task_priority", 4, {"Low", "Normal", "High", "Urgent"}};

/* Labels are ASCII, so folding ASCII is enough. */
static bool
label_set_contains(const char *label, const char *part)
{
	size_t		length = strlen(part);

	for (; strlen(label) >= length; label++)
	{
		if (pg_strncasecmp(label, part, length) == 0)
			return true;
	}
	return false;
}

/* Returns the index of a label, ignoring case, or -1.  Never raises an error. */
int
label_find(const LabelSet *set, const char *text)
{
	for (int i = 0; i < set->count; i++)
	{
		if (pg_strcasecmp(set->labels[i], text) == 0)
			return i;
	}
	return -1;
}

/*
 * Returns the index of a label that a task has.  Raises 55000 for one that somebody added to
 * the enum.
 */
int
label_require(const LabelSet *set, const char *text)
{
	int			place = label_find(set, text);

	if (place < 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("unknown label \"%s\" of %s", text, set->type),
				 errhint("Labels are fixed. Give the tasks with this label another one.")));
	return place;
}

/*
 * Returns the labels that match a text, ignoring case: the one that equals it, else all
 * that contain it.  The result has a bit for each label, the enum's first the lowest; 0
 * if none matches.  Never raises an error.
 */
uint32
label_match(const LabelSet *set, const char *text)
{
	uint32		matches = 0;
	int			exact = label_find(set, text);

	if (exact >= 0)
		return (uint32) 1 << exact;
	for (int i = 0; i < set->count; i++)
	{
		if (label_set_contains(set->labels[i], text))
			matches |= (uint32) 1 << i;
	}
	return matches;
}

/* Returns the labels as a list in words, palloc'ed, for hints. */
char *
label_list(const LabelSet *set)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < set->count; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : i == set->count - 1 ? " and " : ", ", set->labels[i]);
	return list.data;
}
