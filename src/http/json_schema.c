/*
 * json_schema.c
 *		The JSON Schema (draft 2020-12) of requests and answers.
 *
 * Schemas of tasks, filters and rows are generated from the same tables that drive
 * reading and writing.  Composite schemas are written here.  The tests validate every
 * answer, and no answer may have a key that its schema does not define.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "db/row.h"
#include "http/json_schema.h"
#include "identity/invitation.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/directory_kind.h"
#include "task/list_filter_spec.h"
#include "task/list_own.h"
#include "task/list_tree.h"
#include "task/member.h"
#include "task/organization.h"
#include "task/own_column_type.h"
#include "task/people.h"
#include "task/task_fields.h"
#include "task/task_restore.h"
#include "task/view_store.h"
#include "webhook/webhook.h"
#include "wire/json_read.h"

/* The purpose of a task's schema. */
typedef enum SchemaUse
{
	SCHEMA_ANSWER,
	SCHEMA_CREATE,
	SCHEMA_FORM,				/* the same in a form */
	SCHEMA_UPDATE,
	SCHEMA_RESTORED				/* an answer, with what is missing */
} SchemaUse;

/* A schema that is not generated from a table. */
typedef struct ConstantSchema
{
	const char *name;
	const char *json;
} ConstantSchema;

/* A part of a form that contains a file. */
#define FILE_SCHEMA "{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"}"

#define WEBHOOK_PROPERTIES \
	"\"url\":{\"type\":\"string\",\"maxLength\":2000,\"description\":\"Where events are sent: a URL with https.\"}," \
	"\"types\":{\"type\":[\"array\",\"null\"],\"maxItems\":100,\"items\":{\"type\":\"string\"}," \
	"\"description\":\"The types of events that are sent, such as task.created and comment.*; empty for all.\"}," \
	"\"filters\":{\"type\":[\"object\",\"null\"],\"description\":\"Filters of tasks: the events of other tasks, their comments and files are not sent.\"}," \
	"\"is_active\":{\"type\":\"boolean\",\"description\":\"Whether events are sent. Who activates it is the one as whom it sees.\"}"

#define VIEW_PROPERTIES \
	"\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}," \
	"\"shared_with\":{\"type\":\"string\",\"enum\":[\"me\",\"team\",\"organization\"],\"description\":\"Who sees it.\"}," \
	"\"filters\":{\"$ref\":\"#/components/schemas/Filters\"},\"group_by\":{\"type\":[\"string\",\"null\"]}," \
	"\"display\":{\"type\":[\"object\",\"null\"],\"description\":\"What the application keeps with it.\"}"

#define UUIDS_SCHEMA "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"uuid\"}}"

/* An array of objects of another schema. */
#define ITEMS_OF(name) "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/" name "\"}}"

static const ConstantSchema constants[] = {
	{"CommentForm",
		"{\"type\":\"object\",\"description\":\"A comment, a file or both.\","
		"\"properties\":{\"comment\":{\"type\":\"string\",\"maxLength\":10000},\"attachment\":" FILE_SCHEMA "},"
	"\"additionalProperties\":false}"},
	{"TaskDetails",
		"{\"type\":\"object\",\"description\":\"A task with its comments, attachments and other details.\","
		"\"properties\":{\"task_obj\":{\"$ref\":\"#/components/schemas/Task\"},\"assigned_to\":{"
		"\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/User\"}},\"teams\":{"
		"\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Team\"}},\"comments\":{"
		"\"type\":\"array\",\"description\":\"The most recent comments, oldest first.\",\"items\":{"
		"\"$ref\":\"#/components/schemas/Comment\"}},\"attachments\":{\"type\":\"array\","
		"\"description\":\"The most recent attachments, oldest first.\",\"items\":{"
		"\"$ref\":\"#/components/schemas/Attachment\"}},\"users_mention\":{\"type\":\"array\","
		"\"description\":\"The users who can be mentioned.\",\"items\":{"
		"\"$ref\":\"#/components/schemas/User\"}},\"comments_count\":{\"type\":\"integer\"},"
		"\"comments_cursor\":{\"type\":[\"string\",\"null\"],"
		"\"description\":\"The cursor for listing the comments that are older than those shown.\"},"
		"\"attachments_count\":{\"type\":\"integer\"},\"attachments_cursor\":{\"type\":[\"string\","
		"\"null\"],"
		"\"description\":\"The cursor for listing the attachments that are older than those shown.\"}},"
		"\"required\":[\"task_obj\",\"assigned_to\",\"teams\",\"comments\",\"attachments\","
		"\"users_mention\",\"comments_count\",\"comments_cursor\",\"attachments_count\","
		"\"attachments_cursor\"],\"additionalProperties\":false}"},
	{"TaskExpanded",
		"{\"type\":\"object\",\"description\":\"Objects that a task refers to, and the numbers of its comments and attachments.\","
		"\"properties\":{\"account\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Account\"},{\"type\":\"null\"}]},"
		"\"contacts\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Contact\"}},"
		"\"assigned_to\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/User\"}},"
		"\"teams\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Team\"}},"
		"\"created_by\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/User\"},{\"type\":\"null\"}]},"
		"\"comments_count\":{\"type\":\"integer\"},\"attachments_count\":{\"type\":\"integer\"}},"
	"\"additionalProperties\":false}"},
	{"CommentOrAttachmentData",
		"{\"type\":\"object\",\"description\":\"A comment, an attachment or both.\","
		"\"properties\":{\"comment\":{\"type\":[\"string\",\"null\"],\"maxLength\":10000},"
		"\"attachment\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/AttachmentData\"},{"
		"\"type\":\"null\"}]}},\"additionalProperties\":false}"},
	{"AttachmentData",
		"{\"type\":\"object\",\"description\":\"A file with its content, or a link to one.\","
		"\"properties\":{\"file_name\":{\"type\":\"string\"},\"content_type\":{\"type\":[\"string\","
		"\"null\"],\"maxLength\":255},\"content\":{\"type\":[\"string\",\"null\"],"
		"\"contentEncoding\":\"base64\",\"description\":\"The bytes of the file.\"},\"url\":{"
		"\"type\":[\"string\",\"null\"],\"maxLength\":2000,\"description\":\"The URL of the file,"
		" with http or https. Not together with content.\"}},\"required\":[\"file_name\"],"
		"\"additionalProperties\":false}"},
	{"CommentOrAttachment",
		"{\"type\":\"object\",\"description\":\"The comment and the attachment that were added; null for what was not sent.\","
		"\"properties\":{\"comment\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Comment\"},{"
		"\"type\":\"null\"}]},\"attachment\":{\"anyOf\":[{"
		"\"$ref\":\"#/components/schemas/Attachment\"},{\"type\":\"null\"}]}},"
		"\"required\":[\"comment\",\"attachment\"],\"additionalProperties\":false}"},
	{"Error",
		"{\"type\":\"object\",\"description\":\"An error.\",\"properties\":{\"code\":{"
		"\"type\":\"string\",\"description\":\"The SQLSTATE.\"},\"message\":{\"type\":\"string\"},"
		"\"details\":{\"type\":[\"string\",\"null\"]},\"hint\":{\"type\":[\"string\",\"null\"],"
		"\"description\":\"How to fix the problem.\"}},\"required\":[\"code\",\"message\","
		"\"details\",\"hint\"],\"additionalProperties\":false}"},
	{"OpenApi",
		"{\"type\":\"object\",\"description\":\"An OpenAPI document.\",\"properties\":{\"openapi\":{"
		"\"type\":\"string\"}},\"required\":[\"openapi\"],\"additionalProperties\":true}"},
	/* Of functions that are not in the REST API. */
	{"Caller",
		"{\"type\":\"object\",\"description\":\"The identity of the caller, or the reason why there is none.\",\"properties\":{"
		"\"user\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/User\"},{\"type\":\"null\"}]},"
		"\"org\":{\"type\":[\"string\",\"null\"],\"format\":\"uuid\","
		"\"description\":\"The id of the selected organization.\"},"
		"\"role\":{\"enum\":[\"admin\",\"member\",null]},"
		"\"source\":{\"enum\":[\"token\",\"gateway claims\",\"gateway setting\",\"login\",null],"
		"\"description\":\"The source of the identity.\"},"
		"\"login\":{\"type\":[\"string\",\"null\"],\"description\":\"The login role of the session.\"},"
		"\"organizations\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
		"\"id\":{\"type\":\"string\",\"format\":\"uuid\"},\"name\":{\"type\":\"string\"},"
		"\"role\":{\"enum\":[\"admin\",\"member\"]}},\"required\":[\"id\",\"name\",\"role\"],"
		"\"additionalProperties\":false}},\"problem\":{\"type\":[\"string\",\"null\"]},"
		"\"hint\":{\"type\":[\"string\",\"null\"]}},\"required\":[\"user\",\"org\",\"role\",\"source\","
	"\"login\",\"organizations\",\"problem\",\"hint\"],\"additionalProperties\":false}"},
	{"InvitationToken",
		"{\"type\":\"object\",\"description\":\"A new invitation with its token, which cannot be read again.\",\"properties\":{"
		"\"id\":{\"type\":\"string\",\"format\":\"uuid\"},\"email\":{\"type\":[\"string\",\"null\"]},"
		"\"role\":{\"enum\":[\"admin\",\"member\"]},\"expires_on\":{\"type\":\"string\",\"format\":\"date-time\"},"
		"\"token\":{\"type\":\"string\",\"description\":\"What the invited user sends to accept it.\"}},"
	"\"required\":[\"id\",\"email\",\"role\",\"expires_on\",\"token\"],\"additionalProperties\":false}"},
	{"NameData",
		"{\"type\":\"object\",\"description\":\"A new name.\",\"properties\":{"
		"\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}},"
	"\"required\":[\"name\"],\"additionalProperties\":false}"},
	{"TeamMembersUpdate",
		"{\"type\":\"object\",\"description\":\"The ids of users to add to a team, and to remove from it.\","
		"\"properties\":{\"add\":{\"type\":\"array\",\"maxItems\":1000,\"items\":{\"type\":\"string\",\"format\":\"uuid\"}},"
		"\"remove\":{\"type\":\"array\",\"maxItems\":1000,\"items\":{\"type\":\"string\",\"format\":\"uuid\"}}},"
	"\"additionalProperties\":false}"},
	{"InvitationData",
		"{\"type\":\"object\",\"description\":\"A user to invite.\",\"properties\":{"
		"\"email\":{\"type\":[\"string\",\"null\"],\"maxLength\":254,"
		"\"description\":\"The email address of the user who may accept it; null for whoever has the token.\"},"
		"\"role\":{\"enum\":[\"admin\",\"member\"],\"default\":\"member\"},"
		"\"expires_on\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\","
		"\"description\":\"In at most 366 days; by default in 7 days.\"}},"
	"\"required\":[\"email\"],\"additionalProperties\":false}"},
	{"InvitationAcceptance",
		"{\"type\":\"object\",\"description\":\"The token of an invitation.\",\"properties\":{"
	"\"token\":{\"type\":\"string\"}},\"required\":[\"token\"],\"additionalProperties\":false}"},
	{"ReassignData",
		"{\"type\":\"object\",\"description\":\"Whose tasks get another assignee.\",\"properties\":{"
		"\"from_user\":{\"type\":\"string\",\"format\":\"uuid\"},"
		"\"to_user\":{\"type\":[\"string\",\"null\"],\"format\":\"uuid\","
		"\"description\":\"The other assignee; null for nobody.\"},"
		"\"filters\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Filters\"},{\"type\":\"null\"}],"
		"\"description\":\"Only the tasks that pass them; by default open ones.\"}},"
	"\"required\":[\"from_user\",\"to_user\"],\"additionalProperties\":false}"},
	{"Reassigned",
		"{\"type\":\"object\",\"description\":\"How many tasks got another assignee.\",\"properties\":{"
		"\"tasks\":{\"type\":\"integer\",\"description\":\"The tasks that lost the assignee.\"},"
		"\"assigned\":{\"type\":\"integer\",\"description\":\"The tasks that got the other assignee instead.\"},"
		"\"already_assigned\":{\"type\":\"integer\",\"description\":\"The tasks that had the other assignee already.\"},"
		"\"left_unassigned\":{\"type\":\"integer\",\"description\":\"The open tasks that have no assignee now.\"}},"
		"\"required\":[\"tasks\",\"assigned\",\"already_assigned\",\"left_unassigned\"],"
	"\"additionalProperties\":false}"},
	{"TasksChanged",
		"{\"type\":\"object\",\"description\":\"Which of the tasks that pass the filters were changed or deleted.\",\"properties\":{"
		"\"matched\":{\"type\":\"integer\",\"description\":\"The tasks that pass the filters.\"},"
		"\"changed\":{\"type\":\"integer\",\"description\":\"Those of them that were changed or deleted.\"},"
		"\"ids\":{\"type\":\"array\",\"description\":\"Their ids.\",\"items\":{\"type\":\"string\",\"format\":\"uuid\"}}},"
	"\"required\":[\"matched\",\"changed\",\"ids\"],\"additionalProperties\":false}"},
	{"TaskGroups",
		"{\"type\":\"object\",\"description\":\"Groups of tasks with the first tasks of each.\",\"properties\":{"
		"\"count\":{\"type\":\"integer\",\"description\":\"The number of tasks, each counted once.\"},"
		"\"groups\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
		"\"key\":{\"type\":[\"string\",\"number\",\"boolean\",\"null\"],"
		"\"description\":\"The value; null for tasks without one.\"},"
		"\"label\":{\"type\":[\"string\",\"null\"],\"description\":\"The name of the value.\"},"
		"\"count\":{\"type\":\"integer\"},\"filters\":{\"type\":[\"object\",\"null\"],"
		"\"description\":\"What restricts a list with the same filters to the group.\"},"
		"\"results\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Task\"}},"
		"\"next_cursor\":{\"type\":[\"string\",\"null\"],\"description\":\"The cursor that continues the results.\"}},"
		"\"required\":[\"key\",\"label\",\"count\",\"filters\",\"results\",\"next_cursor\"],"
		"\"additionalProperties\":false}},\"more_groups\":{\"type\":\"boolean\","
		"\"description\":\"Whether there are groups after these.\"}},"
		"\"required\":[\"count\",\"groups\",\"more_groups\"],\"additionalProperties\":false}"},
	{"ViewData",
		"{\"type\":\"object\",\"description\":\"The data of a new view.\",\"properties\":{"
		VIEW_PROPERTIES "},\"required\":[\"name\"],\"additionalProperties\":false}"},
	{"WebhookData",
		"{\"type\":\"object\",\"description\":\"The data of a new webhook.\",\"properties\":{"
		WEBHOOK_PROPERTIES "},\"required\":[\"url\"],\"additionalProperties\":false}"},
	{"SecretRotation",
		"{\"type\":\"object\",\"description\":\"How a secret is replaced.\",\"properties\":{\"overlap\":{"
		"\"type\":\"string\",\"default\":\"P1D\",\"description\":\"How long messages are signed with the former secret as well: "
		"a duration without months, such as PT12H, of at most 30 days.\"}},\"additionalProperties\":false}"},
	{"WebhookTest",
		"{\"type\":\"object\",\"description\":\"A test that is sent.\",\"properties\":{\"event\":{"
		"\"type\":\"string\",\"format\":\"uuid\",\"description\":\"The id of the message.\"}},"
		"\"required\":[\"event\"],\"additionalProperties\":false}"},
	{"Purged",
		"{\"type\":\"object\",\"description\":\"What was removed for good.\",\"properties\":{"
		"\"purged\":{\"type\":\"integer\",\"description\":\"How many.\"}},"
		"\"required\":[\"purged\"],\"additionalProperties\":false}"},
	{"Sync",
		"{\"type\":\"object\",\"description\":\"A page of what has changed in a copy.\",\"properties\":{"
		"\"full\":{\"type\":\"boolean\",\"description\":\"The copy begins anew: remove everything first.\"},"
		"\"changed\":{\"type\":\"object\",\"description\":\"What is to be added or replaced.\",\"properties\":{"
		"\"tasks\":" ITEMS_OF("Task") ",\"comments\":" ITEMS_OF("Comment") ",\"attachments\":" ITEMS_OF("Attachment")
		",\"accounts\":" ITEMS_OF("Account") ",\"contacts\":" ITEMS_OF("Contact") ",\"teams\":" ITEMS_OF("Team")
		",\"members\":" ITEMS_OF("Member") ",\"views\":" ITEMS_OF("View") "},\"additionalProperties\":false},"
		"\"deleted\":{\"type\":\"object\",\"description\":\"The ids of what is to be removed,"
		" a task with its comments and attachments.\",\"additionalProperties\":" UUIDS_SCHEMA "},"
		"\"token\":{\"type\":\"string\",\"description\":\"What the next request sends.\"},"
		"\"more\":{\"type\":\"boolean\",\"description\":\"There is more to read at once.\"}},"
	"\"required\":[\"full\",\"changed\",\"deleted\",\"token\",\"more\"],\"additionalProperties\":false}"},
	{"Totals",
		"{\"type\":\"object\",\"description\":\"Counts of tasks, for a dashboard.\",\"properties\":{"
		"\"count\":{\"type\":\"integer\"},\"open\":{\"type\":\"integer\"},\"overdue\":{\"type\":\"integer\"},"
		"\"due_today\":{\"type\":\"integer\"},\"due_this_week\":{\"type\":\"integer\"},"
		"\"no_due_date\":{\"type\":\"integer\"},\"unassigned\":{\"type\":\"integer\"},"
		"\"by_status\":{\"type\":\"object\",\"description\":\"One member for each status.\","
		"\"additionalProperties\":{\"type\":\"integer\"}},"
		"\"by_priority\":{\"type\":\"object\",\"description\":\"One member for each priority.\","
		"\"additionalProperties\":{\"type\":\"integer\"}},"
		"\"by_assignee\":{\"type\":\"array\",\"description\":\"The users with the most open tasks.\",\"items\":{"
		"\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
		"\"name\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"},\"count\":{\"type\":\"integer\"}},"
		"\"required\":[\"id\",\"name\",\"email\",\"count\"],\"additionalProperties\":false}}},"
		"\"required\":[\"count\",\"open\",\"overdue\",\"due_today\",\"due_this_week\",\"no_due_date\","
		"\"unassigned\",\"by_status\",\"by_priority\",\"by_assignee\"],\"additionalProperties\":false}"}
};

/* Changes to a row, which may be sent back as it was read.  written: what changes, as JSON. */
static const struct
{
	const char *name;
	const char *doc;
	const RowSchema *row;
	const char *written;
}			updates[] = {
	{"ViewUpdate", "The changes to a view. Only the keys that are sent are changed.", &view_schema, "{" VIEW_PROPERTIES "}"},
	{"WebhookUpdate", "The changes to a webhook. Only the keys that are sent are changed.", &webhook_schema, "{" WEBHOOK_PROPERTIES "}"},
	{"MemberUpdate", "The keys of a member to change.", &member_schema,
		"{\"role\":{\"enum\":[\"admin\",\"member\"]},\"is_active\":{\"type\":\"boolean\","
	"\"description\":\"Whether the member has access.\"}}"},
	{"OrganizationUpdate", "The new name of the organization.", &organization_schema,
	"{\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}"}
};

/* Schemas of rows; those of the directory are in directory_kinds. */
static const RowSchema *const row_schemas[] = {&comment_schema, &attachment_schema, &user_schema, &organization_schema,
	&invitation_schema, &membership_schema, &missing_schema, &webhook_schema, &new_webhook_schema};

/* The schemas that lists have pages of, besides those of the directory. */
static const char *const listed[] = {"Task", "Comment", "Attachment", "Invitation", "Webhook"};

/* Writes constant JSON.  json: ASCII. */
void
json_schema_raw(JsonWriter *out, const char *json)
{
	json_write_raw(out, CStringGetTextDatum(json));
}

/* Writes a member with a text from one of our tables, which must have it. */
void
json_schema_member(JsonWriter *out, const char *key, const char *value)
{
	if (value == NULL)
		elog(ERROR, "an entry of a table has no \"%s\"", key);
	json_write_key(out, key);
	json_write_string(out, value);
}

static void
write_number(JsonWriter *out, const char *key, int value)
{
	json_write_key(out, key);
	json_write_int(out, value);
}

/* Writes the member "type". */
static void
write_type(JsonWriter *out, const char *type, bool nullable)
{
	json_write_key(out, "type");
	if (!nullable)
	{
		json_write_string(out, type);
		return;
	}
	json_write_open(out, '[');
	json_write_string(out, type);
	json_write_string(out, "null");
	json_write_close(out, ']');
}

static void
write_label_schema(JsonWriter *out, const LabelSet *labels, bool nullable)
{
	json_write_key(out, "enum");
	json_write_open(out, '[');
	for (int i = 0; i < labels->count; i++)
		json_write_string(out, labels->labels[i]);
	if (nullable)
		json_write_null(out);
	json_write_close(out, ']');
}

static void
write_own_labels(JsonWriter *out, Oid enum_type, bool nullable)
{
	json_write_key(out, "enum");
	json_write_open(out, '[');
	own_column_write_labels(out, enum_type);
	if (nullable)
		json_write_null(out);
	json_write_close(out, ']');
}

/* Writes the value of a field inside its schema. */
static void
write_field_type(JsonWriter *out, const TaskField *field, bool nullable)
{
	write_type(out, field->type->json_type, nullable);
	if (field->type->json_format != NULL)
		json_schema_member(out, "format", field->type->json_format);
	if (field->max_length > 0)
	{
		if (field->not_blank)
			write_number(out, "minLength", 1);
		write_number(out, "maxLength", field->max_length);
	}
	if (field->labels != NULL)
		write_label_schema(out, field->labels, nullable);
	if (OidIsValid(field->enum_type))
		write_own_labels(out, field->enum_type, nullable);
	if (field->minimum > 0)
		write_number(out, "minimum", field->minimum);
	if (field->link_table != NULL)
	{
		json_write_key(out, "items");
		json_schema_raw(out, "{\"type\":\"string\",\"format\":\"uuid\"}");
	}
}

/* Writes the value of a set of links in an update: the set, or what changes of it. */
static void
write_links_update(JsonWriter *out, const TaskField *field)
{
	json_write_key(out, "anyOf");
	json_write_open(out, '[');
	json_write_open(out, '{');
	write_field_type(out, field, true);
	json_write_close(out, '}');
	json_schema_raw(out, "{\"type\":\"object\",\"properties\":{\"add\":" UUIDS_SCHEMA ",\"remove\":" UUIDS_SCHEMA "},"
					"\"additionalProperties\":false}");
	json_write_close(out, ']');
}

static bool
is_answer(SchemaUse use)
{
	return use == SCHEMA_ANSWER || use == SCHEMA_RESTORED;
}

/* Returns whether a field may be null in a request or an answer. */
static bool
may_be_null(const TaskField *field, SchemaUse use)
{
	if (use == SCHEMA_FORM)
		return false;
	if (use == SCHEMA_CREATE && field->at_creation)
		return true;
	if (is_answer(use) || !field->writable)
		return field->nullable;
	return !field->required || (use == SCHEMA_CREATE && field->labels != NULL);
}

static void
write_task_properties(JsonWriter *out, SchemaUse use)
{
	json_write_key(out, "properties");
	json_write_open(out, '{');
	for (int i = 0; i < task_field_count; i++)
	{
		const TaskField *field = &task_fields[i];

		if ((use == SCHEMA_CREATE || use == SCHEMA_FORM) && !field->writable && !field->at_creation)
			continue;
		json_write_key(out, field->key);
		json_write_open(out, '{');
		if (use == SCHEMA_UPDATE && field->link_table != NULL)
			write_links_update(out, field);
		else
			write_field_type(out, field, may_be_null(field, use));
		json_schema_member(out, "description", use == SCHEMA_UPDATE && !field->writable && i != TASK_VERSION ?
							psprintf("%s It can be sent unchanged.", field->doc) : field->doc);
		json_write_close(out, '}');
	}
	if (use == SCHEMA_RESTORED)
	{
		json_write_key(out, "missing");
		json_schema_raw(out, "{\"$ref\":\"#/components/schemas/Missing\"}");
	}
	if (use == SCHEMA_UPDATE)
	{
		json_write_key(out, "missing");
		json_schema_raw(out, "{\"$ref\":\"#/components/schemas/Missing\","
						"\"description\":\"What a restored task no longer has. An update ignores it.\"}");
	}
	if (use == SCHEMA_ANSWER || use == SCHEMA_UPDATE)
	{
		json_write_key(out, "expanded");
		json_schema_raw(out, "{\"$ref\":\"#/components/schemas/TaskExpanded\","
						"\"description\":\"The objects that the request asks for with expand. An update ignores them.\"}");
	}
	if (use == SCHEMA_CREATE)
	{
		json_write_key(out, "attachments");
		json_schema_raw(out, "{\"type\":[\"array\",\"null\"],\"items\":{\"$ref\":\"#/components/schemas/AttachmentData\"}}");
	}
	if (use == SCHEMA_FORM)
	{
		json_write_key(out, "attachment");
		json_schema_raw(out, "{\"type\":\"array\",\"items\":" FILE_SCHEMA "}");
	}
	json_write_close(out, '}');
}

/* Returns whether a new task must bring a column that an administrator added. */
static bool
is_required_own(const TaskField *field)
{
	return field->is_own && field->writable && field->required && !field->has_default;
}

/* Writes the member "required". */
static void
write_task_required(JsonWriter *out, SchemaUse use)
{
	if (use == SCHEMA_UPDATE)
		return;
	json_write_key(out, "required");
	json_write_open(out, '[');
	for (int i = 0; i < task_field_count; i++)
	{
		if (is_answer(use) || i == TASK_TITLE || is_required_own(&task_fields[i]))
			json_write_string(out, task_fields[i].key);
	}
	if (use == SCHEMA_RESTORED)
		json_write_string(out, "missing");
	json_write_close(out, ']');
}

static void
begin_object(JsonWriter *out, const char *name, const char *doc)
{
	json_write_key(out, name);
	json_write_open(out, '{');
	write_type(out, "object", false);
	json_schema_member(out, "description", doc);
}

static void
end_object(JsonWriter *out)
{
	json_write_key(out, "additionalProperties");
	json_write_bool(out, false);
	json_write_close(out, '}');
}

static void
write_task(JsonWriter *out, const char *name, const char *doc, SchemaUse use)
{
	begin_object(out, name, doc);
	write_task_properties(out, use);
	write_task_required(out, use);
	end_object(out);
}

static void
write_own_filters(JsonWriter *out)
{
	OwnFilterKey keys[LIST_OWN_MAX];
	int			count = list_own_keys(keys);

	for (int i = 0; i < count; i++)
	{
		json_write_key(out, list_own_key(&keys[i]));
		json_write_open(out, '{');
		json_schema_member(out, "description", list_own_doc(&keys[i]));
		json_write_key(out, "anyOf");
		json_write_open(out, '[');
		list_own_write_schema(out, &keys[i]);
		json_schema_raw(out, "{\"type\":\"null\"}");
		json_write_close(out, ']');
		json_write_close(out, '}');
	}
}

static void
write_filters(JsonWriter *out)
{
	begin_object(out, "Filters", "The filters and the paging of a list of tasks. A filter that is null is ignored.");
	json_write_key(out, "properties");
	json_write_open(out, '{');
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		json_write_key(out, list_filter_key(key));
		json_write_open(out, '{');
		json_schema_member(out, "description", list_filter_doc(key));
		json_write_key(out, "anyOf");
		json_write_open(out, '[');
		list_filter_write_schema(out, key);
		json_schema_raw(out, "{\"type\":\"null\"}");
		json_write_close(out, ']');
		json_write_close(out, '}');
	}
	write_own_filters(out);
	json_write_close(out, '}');
	end_object(out);
}

static void
write_row_field_type(JsonWriter *out, const RowField *field)
{
	switch (field->kind)
	{
		case ROW_UUID:
			write_type(out, "string", field->nullable);
			json_schema_member(out, "format", "uuid");
			break;
		case ROW_TEXT:
			write_type(out, "string", field->nullable);
			break;
		case ROW_BIGINT:
			write_type(out, "integer", field->nullable);
			break;
		case ROW_TIMESTAMP:
			write_type(out, "string", field->nullable);
			json_schema_member(out, "format", "date-time");
			break;
		case ROW_UUIDS:
			write_type(out, "array", field->nullable);
			json_write_key(out, "items");
			json_schema_raw(out, "{\"type\":\"string\",\"format\":\"uuid\"}");
			break;
		case ROW_OBJECT:
			write_type(out, "object", field->nullable);
			break;
		case ROW_ARRAY:
			write_type(out, "array", field->nullable);
			break;
		case ROW_BOOLEAN:
			write_type(out, "boolean", field->nullable);
			break;
		case ROW_FLAG:
			write_type(out, "boolean", false);
			json_write_key(out, "const");
			json_write_bool(out, true);
			break;
	}
}

/* max_length: of a text, in characters; 0 for any. */
static void
write_row_properties(JsonWriter *out, const RowSchema *schema, int max_length)
{
	json_write_key(out, "properties");
	json_write_open(out, '{');
	for (int i = 0; i < schema->count; i++)
	{
		json_write_key(out, schema->fields[i].key);
		json_write_open(out, '{');
		write_row_field_type(out, &schema->fields[i]);
		json_schema_member(out, "description", schema->fields[i].doc);
		if (schema->fields[i].kind == ROW_TEXT && max_length > 0)
		{
			json_write_key(out, "minLength");
			json_write_int(out, 1);
			json_write_key(out, "maxLength");
			json_write_int(out, max_length);
		}
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
}

static void
write_written_property(void *state, const char *name, const JsonbValue *value)
{
	JsonbValue	copy = *value;
	Jsonb	   *json = JsonbValueToJsonb(&copy);

	json_write_key(state, name);
	json_schema_raw(state, JsonbToCString(NULL, &json->root, VARSIZE(json)));
}

/* Writes the schema of changes to a row. */
static void
write_row_update(JsonWriter *out, int update)
{
	const RowSchema *row = updates[update].row;
	Jsonb	   *written = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(updates[update].written)));
	JsonbValue	found;

	begin_object(out, updates[update].name, updates[update].doc);
	json_write_key(out, "properties");
	json_write_open(out, '{');
	json_read_object(&written->root, updates[update].name, write_written_property, out);
	for (int i = 0; i < row->count; i++)
	{
		const RowField *field = &row->fields[i];

		if (getKeyJsonValueFromContainer(&written->root, field->key, (int) strlen(field->key), &found) != NULL)
			continue;
		json_write_key(out, field->key);
		json_write_open(out, '{');
		write_row_field_type(out, field);
		json_schema_member(out, "description", psprintf("%s It can be sent unchanged.", field->doc));
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
	end_object(out);
}

static void
write_row_schema(JsonWriter *out, const RowSchema *schema)
{
	begin_object(out, schema->name, schema->doc);
	write_row_properties(out, schema, 0);
	json_write_key(out, "required");
	json_write_open(out, '[');
	for (int i = 0; i < schema->count; i++)
	{
		if (schema->fields[i].kind != ROW_FLAG)
			json_write_string(out, schema->fields[i].key);
	}
	json_write_close(out, ']');
	end_object(out);
}

/* Writes the schema of a page of a list.  name: of the schema of its rows. */
static void
write_list_schema(JsonWriter *out, const char *name)
{
	json_write_key(out, psprintf("%sList", name));
	json_schema_raw(out, psprintf(
		"{\"type\":\"object\",\"properties\":{\"count\":{\"type\":[\"integer\",\"null\"],"
		"\"description\":\"The total number; null if it was not counted.\"},"
		"\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"The path of the next page.\"},"
		"\"previous\":{\"type\":[\"string\",\"null\"],"
		"\"description\":\"The path of the previous page.\"},\"results\":{\"type\":\"array\","
		"\"items\":{\"$ref\":\"#/components/schemas/%s\"}},\"next_cursor\":{\"type\":[\"string\","
		"\"null\"],\"description\":\"The cursor of the next page, if the request has a cursor.\"}%s},"
		"\"required\":[\"count\",\"next\",\"previous\",\"results\"],\"additionalProperties\":false}", name,
		strcmp(name, "Task") == 0 ? ",\"totals\":{\"$ref\":\"#/components/schemas/Totals\"}" : ""));
}

static void
write_input_properties(JsonWriter *out, const DirectoryKind *kind, bool update)
{
	json_write_key(out, "properties");
	json_write_open(out, '{');
	if (update)
	{
		json_write_key(out, "id");
		json_schema_raw(out, "{\"type\":\"string\",\"format\":\"uuid\"}");
	}
	for (int i = 0; kind->inputs[i].key != NULL; i++)
	{
		const DirectoryInput *input = &kind->inputs[i];

		json_write_key(out, input->key);
		json_write_open(out, '{');
		write_type(out, "string", !input->required);
		if (input->max_length == 0)
			json_schema_member(out, "format", "uuid");
		else
			write_number(out, "maxLength", input->max_length);
		if (input->required)
			write_number(out, "minLength", 1);
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
}

/* Writes the schema of what clients write of a row.  update: without required keys. */
static void
write_directory_data(JsonWriter *out, const DirectoryKind *kind, bool update)
{
	begin_object(out, psprintf("%s%s", kind->schema->name, update ? "Update" : "Data"), update ?
				 "The changes to a row. Only the keys that are sent are changed. Its id can be sent unchanged." : "The data of a new row.");
	write_input_properties(out, kind, update);
	if (!update)
	{
		json_write_key(out, "required");
		json_write_open(out, '[');
		for (int i = 0; kind->inputs[i].key != NULL; i++)
		{
			if (kind->inputs[i].required)
				json_write_string(out, kind->inputs[i].key);
		}
		json_write_close(out, ']');
	}
	end_object(out);
}

/* Writes the schemas of accounts, contacts, teams and members. */
static void
write_directory_schemas(JsonWriter *out)
{
	for (int noun = DIRECTORY_NONE + 1; noun < DIRECTORY_NOUNS; noun++)
	{
		const DirectoryKind *kind = &directory_kinds[noun];

		write_row_schema(out, kind->schema);
		write_list_schema(out, kind->schema->name);
		if (kind->inputs != NULL)
		{
			write_directory_data(out, kind, false);
			write_directory_data(out, kind, true);
		}
	}
}

/* Request to edit a comment: its text, or the comment as it was read. */
static void
write_comment_data(JsonWriter *out)
{
	begin_object(out, "CommentData", "The new text of a comment. The other keys of a comment are accepted if they are unchanged.");
	write_row_properties(out, &comment_schema, COMMENT_MAX_LENGTH);
	json_write_key(out, "required");
	json_schema_raw(out, "[\"comment\"]");
	end_object(out);
}

/* Writes all schemas, as one object. */
void
json_schema_write_all(JsonWriter *out)
{
	json_write_open(out, '{');
	write_task(out, "Task", "A task.", SCHEMA_ANSWER);
	write_task(out, "RestoredTask", "A task that was restored.", SCHEMA_RESTORED);
	write_task(out, "TaskData", "The data of a new task.", SCHEMA_CREATE);
	write_task(out, "TaskForm", "The data of a new task as a form. A list is a repeated field or one JSON array; a file is a part named attachment.", SCHEMA_FORM);
	write_task(out, "TaskUpdate", "The changes to a task. Only the keys that are sent are changed.", SCHEMA_UPDATE);
	write_filters(out);
	json_write_key(out, "Condition");
	list_tree_write_schema(out);
	for (int i = 0; i < (int) lengthof(row_schemas); i++)
		write_row_schema(out, row_schemas[i]);
	for (int i = 0; i < (int) lengthof(listed); i++)
		write_list_schema(out, listed[i]);
	write_directory_schemas(out);
	write_comment_data(out);
	for (int i = 0; i < (int) lengthof(updates); i++)
		write_row_update(out, i);
	for (int i = 0; i < (int) lengthof(constants); i++)
	{
		json_write_key(out, constants[i].name);
		json_schema_raw(out, constants[i].json);
	}
	json_write_close(out, '}');
}
