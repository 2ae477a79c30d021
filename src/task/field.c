/*
 * field.c
 *		The fields of a task: the one table that reading, writing and ordering
 *		are made from.
 */
#include "postgres.h"

#include "task/field.h"

const TaskField task_fields[TASK_FIELDS] = {
	{"id", FIELD_UUID, "t.id", NULL, NULL, NULL},
	/* By code point: an order that no locale, and no upgrade of one, changes. */
	{"title", FIELD_TEXT, "t.title", "t.title COLLATE pg_catalog.\"C\"", NULL, NULL},
	{"status", FIELD_TEXT, "t.status::pg_catalog.text", "t.status", NULL, NULL},
	{"priority", FIELD_TEXT, "t.priority::pg_catalog.text", "t.priority", NULL, NULL},
	{"due_date", FIELD_DATE, "t.due_date", "t.due_date", NULL, NULL},
	{"account", FIELD_UUID, "t.account_id", NULL, NULL, NULL},
	{"contacts", FIELD_LINKS, NULL, NULL, "task_contact", "contact_id"},
	{"created_on", FIELD_TIMESTAMP, "t.created_on", "t.created_on", NULL, NULL},
	{"assigned_to", FIELD_LINKS, NULL, NULL, "task_assignee", "user_id"},
	{"teams", FIELD_LINKS, NULL, NULL, "task_team", "team_id"},
	{"description", FIELD_TEXT, "t.description", NULL, NULL, NULL},
	{"created_by", FIELD_UUID, "t.created_by", NULL, NULL, NULL},
	{"updated_on", FIELD_TIMESTAMP, "t.updated_on", "t.updated_on", NULL, NULL},
	{"version", FIELD_INTEGER, "t.version", NULL, NULL, NULL},
	{"org", FIELD_ORG, NULL, NULL, NULL, NULL},
};

const int	task_links[TASK_LINKS] = {6, 8, 9};

/* The index of the field with a JSON key, or -1.  Never raises. */
int
task_field_by_key(const char *key)
{
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (strcmp(task_fields[i].key, key) == 0)
			return i;
	}
	return -1;
}

/*
 * Appends the columns that task_json_write() reads, in the order of the fields,
 * over taskcrm.task t.
 */
void
task_field_select_list(StringInfo sql)
{
	const char *separator = "";

	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (task_fields[i].column == NULL)
			continue;
		appendStringInfo(sql, "%s%s", separator, task_fields[i].column);
		separator = ", ";
	}
}

/* The keys that can be ordered by, palloc'ed, for hints. */
char *
task_field_order_list(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (task_fields[i].order != NULL)
			appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", task_fields[i].key);
	}
	return list.data;
}
