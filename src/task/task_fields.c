/*
 * task_fields.c
 *		The fields of a task: the one table that drives reading, writing and ordering.
 */
#include "postgres.h"

#include "task/task_fields.h"

static const TaskField fixed_fields[TASK_FIELDS] = {
	[TASK_ID] = {.key = "id",
		.doc = "The id of the task.",
	.type = &field_uuid, .column = "id", .at_creation = true},
	/*
	 * Ordered by code point, so that the order does not change with the locale or its
	 * version.
	 */
	[TASK_TITLE] = {.key = "title",
		.doc = "The title. It cannot be blank.",
	.type = &field_text, .column = "title",
		.order = "t.title COLLATE pg_catalog.\"C\"",
	.writable = true, .required = true, .not_blank = true, .max_length = 255},
	[TASK_STATUS] = {.key = "status",
		.doc = "The status of the task.",
	.type = &field_label, .column = "status",
		.order = "t.status", .order_created_on = true,
	.writable = true, .required = true, .labels = &label_status},
	[TASK_PRIORITY] = {.key = "priority",
		.doc = "The priority of the task.",
	.type = &field_label, .column = "priority",
		.order = "t.priority", .order_created_on = true,
	.writable = true, .required = true, .labels = &label_priority},
	[TASK_DUE_DATE] = {.key = "due_date", .nullable = true,
		.doc = "The day on which the task is due.",
	.type = &field_date, .column = "due_date",
		.order = "t.due_date", .order_created_on = true, .order_nulls = true,
	.writable = true},
	[TASK_ACCOUNT] = {.key = "account", .nullable = true,
		.doc = "The id of the account that the task is about.",
	.type = &field_uuid, .column = "account_id", .writable = true},
	[TASK_CONTACTS] = {.key = "contacts",
		.doc = "The ids of the contacts that the task is about.",
	.type = &field_links,
	.link_table = "task_contact", .link_column = "contact_id", .writable = true},
	[TASK_CREATED_ON] = {.key = "created_on",
		.doc = "When the task was created.",
	.type = &field_timestamp, .column = "created_on",
	.order = "t.created_on"},
	[TASK_ASSIGNED_TO] = {.key = "assigned_to",
		.doc = "The ids of the users that the task is assigned to.",
	.type = &field_links,
	.link_table = "task_assignee", .link_column = "user_id", .writable = true},
	[TASK_TEAMS] = {.key = "teams",
		.doc = "The ids of the teams that the task is assigned to.",
	.type = &field_links,
	.link_table = "task_team", .link_column = "team_id", .writable = true},
	/*
	 * Every list shows it.  Without a limit, a few long ones would make all lists fail.
	 */
	[TASK_DESCRIPTION] = {.key = "description", .nullable = true,
		.doc = "The description of the task.",
	.type = &field_text, .column = "description",
	.writable = true, .max_length = 100000},
	[TASK_CREATED_BY] = {.key = "created_by", .nullable = true,
		.doc = "The id of the user who created the task; null if it was imported without one.",
	.type = &field_uuid, .column = "created_by"},
	[TASK_UPDATED_ON] = {.key = "updated_on",
		.doc = "When the task was last changed.",
	.type = &field_timestamp, .column = "updated_on",
	.order = "t.updated_on"},
	[TASK_COMPLETED_ON] = {.key = "completed_on", .nullable = true,
		.doc = "When the task was completed; null while it is open.",
	.type = &field_timestamp, .column = "completed_on",
	.order = "t.completed_on", .order_created_on = true, .order_nulls = true},
	[TASK_COMPLETED_BY] = {.key = "completed_by", .nullable = true,
		.doc = "The id of the user who completed the task; null while it is open, or if no user did.",
	.type = &field_uuid, .column = "completed_by"},
	[TASK_VERSION] = {.key = "version",
		.doc = "The version of the task: 1 when it is created, incremented by each change.",
	.type = &field_integer, .column = "version", .minimum = 1},
	[TASK_ORG] = {.key = "org",
		.doc = "The id of the organization.",
	.type = &field_uuid},
};

const TaskField *task_fields = fixed_fields;
int			task_field_count = TASK_FIELDS;

const int	task_links[TASK_LINKS] = {TASK_CONTACTS, TASK_ASSIGNED_TO, TASK_TEAMS};

static bool
is_complete(const TaskField *field)
{
	const FieldType *type = field->type;

	if (field->key == NULL || field->doc == NULL || type == NULL || type->json_type == NULL)
		return false;
	if (field->link_table != NULL)
		return field->link_column != NULL;
	return type->select_cast != NULL && type->read != NULL && type->write_json != NULL &&
		type->equal != NULL && type->pack != NULL && type->unpack != NULL;
}

/*
 * Checks that each field has an entry and each type all operations, so that a forgotten
 * one is an error when the library is loaded, and not a crash later.
 */
void
task_fields_check(void)
{
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (!is_complete(&fixed_fields[i]))
			elog(ERROR, "entry %d of task_fields is not complete", i);
	}
	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		if (fixed_fields[task_links[kind]].link_table == NULL)
			elog(ERROR, "entry %d of task_links is not complete", kind);
	}
}

/*
 * Replaces the table.  fields: the fixed fields, unchanged, then others; it must stay valid
 * until the next call.  NULL: the fixed fields alone.  Not while an API call is in progress.
 */
void
task_fields_replace(const TaskField *fields, int count)
{
	task_fields = fields == NULL ? fixed_fields : fields;
	task_field_count = fields == NULL ? TASK_FIELDS : count;
}

/* Returns the index of the field with a JSON key, or -1.  Never raises an error. */
int
task_field_by_key(const char *key)
{
	for (int i = 0; i < task_field_count; i++)
	{
		if (strcmp(task_fields[i].key, key) == 0)
			return i;
	}
	return -1;
}

/* Returns whether the field with a JSON key, if there is one, is a list. */
bool
task_field_is_list(const char *key)
{
	int			field = task_field_by_key(key);

	return field >= 0 && task_fields[field].link_table != NULL;
}

/*
 * Appends the columns that task_json_write() reads, in the order of the fields,
 * over taskcrm.task t.
 */
void
task_field_select_list(StringInfo sql)
{
	const char *separator = "";

	for (int i = 0; i < task_field_count; i++)
	{
		if (task_fields[i].column == NULL)
			continue;
		appendStringInfo(sql, "%st.%s%s", separator, task_fields[i].column,
						 task_fields[i].type->select_cast);
		separator = ", ";
	}
}

/*
 * Lists the fields that are columns a caller may send, in the order in which statements
 * number them.  fields: room for TASK_MAX_FIELDS.  Returns their number.
 */
int
task_field_writable_columns(int *fields)
{
	int			count = 0;

	for (int i = 0; i < task_field_count; i++)
	{
		if (task_fields[i].writable && task_fields[i].column != NULL)
			fields[count++] = i;
	}
	return count;
}

/* Returns the type of a field's value as a parameter. */
Oid
task_field_type(int field)
{
	return OidIsValid(task_fields[field].enum_type) ? task_fields[field].enum_type : task_fields[field].type->oid;
}

/* Appends the cast from the parameter's type to the column's, if one is needed. */
void
task_field_append_cast(StringInfo sql, int field)
{
	if (task_fields[field].labels != NULL)
		appendStringInfo(sql, "::taskcrm.%s", task_fields[field].labels->type);
}

/* Returns the number of a field's column, from 1, in task_field_select_list(). */
int
task_field_column(int field)
{
	int			column = 0;

	for (int i = 0; i <= field; i++)
	{
		if (task_fields[i].column != NULL)
			column++;
	}
	return column;
}

/* Returns the keys allowed in task_data, palloc'ed, for hints. */
char *
task_field_writable_list(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < task_field_count; i++)
	{
		if (task_fields[i].writable)
			appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", task_fields[i].key);
	}
	return list.data;
}
