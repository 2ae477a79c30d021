/*
 * http_routes.c
 *		The registry of routes: every path and method of the REST API, its handler, and
 *		its description in the OpenAPI document.
 *
 * A new route is one entry here and its handler.  json_schema.c writes the schemas.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "http/http_routes.h"
#include "wire/uri_read.h"

/* The placeholder for an id in a path. */
#define ID "{id}"
#define ABOVE SETTINGS_PATH_ABOVE

/* The routes of a path are consecutive.  HEAD is GET without the body. */
const HttpRoute http_routes[] = {
	{"", "GET", http_list_tasks, NOUN_NONE, ROUTE_FILTERS,
	"listTasks", "List and search tasks", NULL, NULL, 200, "TaskList"},
	{"", "POST", http_create_task, NOUN_NONE, ROUTE_KEYED | ROUTE_EXPAND | ROUTE_MINIMAL,
	"createTask", "Create a task", "TaskData", "TaskForm", 201, "Task"},
	{"", "PATCH", http_update_tasks, NOUN_NONE, ROUTE_BULK,
	"patchTasks", "Update the fields that are sent in all tasks that match the filters", "TaskUpdate", "TaskUpdate", 200, "TasksChanged"},
	{"", "DELETE", http_delete_tasks, NOUN_NONE, ROUTE_BULK,
	"deleteTasks", "Delete all tasks that match the filters", NULL, NULL, 200, "TasksChanged"},

	{ID "/", "GET", http_get_task, NOUN_TASK, ROUTE_CACHED | ROUTE_EXPAND,
	"getTask", "Get a task with its comments, attachments and other details", NULL, NULL, 200, "TaskDetails"},
	{ID "/", "PUT", http_update_task, NOUN_TASK, ROUTE_CONDITIONAL | ROUTE_EXPAND | ROUTE_MINIMAL,
	"updateTask", "Update the fields of a task that are sent", "TaskUpdate", "TaskUpdate", 200, "Task"},
	{ID "/", "PATCH", http_update_task, NOUN_TASK, ROUTE_CONDITIONAL | ROUTE_EXPAND | ROUTE_MINIMAL,
	"patchTask", "Update the fields of a task that are sent", "TaskUpdate", "TaskUpdate", 200, "Task"},
	{ID "/", "DELETE", http_delete_task, NOUN_TASK, ROUTE_CONDITIONAL,
	"deleteTask", "Delete a task", NULL, NULL, 204, NULL},
	{ID "/", "POST", http_add_comment_or_attachment, NOUN_TASK, ROUTE_KEYED,
		"addTaskCommentOrAttachment", "Add a comment, a file or both to a task",
	"CommentOrAttachmentData", "CommentForm", 201, "CommentOrAttachment"},

	{ID "/comments/", "GET", http_list_comments, NOUN_TASK, ROUTE_PAGES,
		"listTaskComments", "List the comments of a task, newest first",
	NULL, NULL, 200, "CommentList"},
	{ID "/attachments/", "GET", http_list_attachments, NOUN_TASK, ROUTE_PAGES,
		"listTaskAttachments", "List the attachments of a task, newest first",
	NULL, NULL, 200, "AttachmentList"},
	{ID "/history/", "GET", http_task_history, NOUN_TASK, ROUTE_PAGES,
		"getTaskHistory", "List what happened to a task, with its comments and files, newest first",
	NULL, NULL, 200, "EventList"},

	{"comment/" ID "/", "PUT", http_edit_comment, NOUN_COMMENT, ROUTE_CONDITIONAL | ROUTE_ANY_ORG,
	"editTaskComment", "Edit a comment", "CommentData", "CommentData", 200, "Comment"},
	{"comment/" ID "/", "PATCH", http_edit_comment, NOUN_COMMENT, ROUTE_CONDITIONAL | ROUTE_ANY_ORG,
	"patchTaskComment", "Edit a comment", "CommentData", "CommentData", 200, "Comment"},
	{"comment/" ID "/", "DELETE", http_delete_comment, NOUN_COMMENT, ROUTE_CONDITIONAL | ROUTE_ANY_ORG,
	"deleteTaskComment", "Delete a comment", NULL, NULL, 204, NULL},

	{"attachment/" ID "/", "GET", http_get_attachment, NOUN_ATTACHMENT, ROUTE_CACHED | ROUTE_FILE | ROUTE_ANY_ORG,
	"getTaskAttachment", "Download an attachment", NULL, NULL, 200, NULL},
	{"attachment/" ID "/", "DELETE", http_delete_attachment, NOUN_ATTACHMENT, ROUTE_CONDITIONAL | ROUTE_ANY_ORG,
	"deleteTaskAttachment", "Delete an attachment", NULL, NULL, 204, NULL},

	{"totals/", "GET", http_get_totals, NOUN_NONE, ROUTE_FILTERS,
	"getTaskTotals", "Get the number of tasks by status, priority, due date and assignee", NULL, NULL, 200, "Totals"},

	{"groups/", "GET", http_group_tasks, NOUN_NONE, ROUTE_FILTERS | ROUTE_GROUPS,
	"groupTasks", "Group tasks for a board, with counts and the first tasks of each group", NULL, NULL, 200, "TaskGroups"},

	{"deleted/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listDeletedTasks", "List and search the deleted tasks that the caller may restore, newest first", NULL, NULL, 200, "DeletedTaskList"},
	{"deleted/" ID "/restore/", "POST", http_restore_task, NOUN_DELETED, ROUTE_CONDITIONAL | ROUTE_RESTORE | ROUTE_KEYED,
	"restoreTask", "Put a deleted task back with its comments and attachments", NULL, NULL, 200, "RestoredTask"},

	{"reassign/", "POST", http_reassign, NOUN_NONE, ROUTE_NAMES,
		"reassignTasks", "Move the open tasks of a member to another member or to nobody; for admins",
	"ReassignData", NULL, 200, "Reassigned"},

	{ABOVE "accounts/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listAccounts", "List and search accounts", NULL, NULL, 200, "AccountList"},
	{ABOVE "accounts/", "POST", http_create_directory, NOUN_NONE, ROUTE_KEYED,
	"createAccount", "Create an account; for admins", "AccountData", "AccountData", 201, "Account"},
	{ABOVE "accounts/" ID "/", "GET", http_get_directory, NOUN_ACCOUNT, ROUTE_READ,
	"getAccount", "Get an account", NULL, NULL, 200, "Account"},
	{ABOVE "accounts/" ID "/", "PUT", http_update_directory, NOUN_ACCOUNT, ROUTE_CONDITIONAL,
	"updateAccount", "Update the keys of an account that are sent; for admins", "AccountUpdate", "AccountUpdate", 200, "Account"},
	{ABOVE "accounts/" ID "/", "PATCH", http_update_directory, NOUN_ACCOUNT, ROUTE_CONDITIONAL,
	"patchAccount", "Update the keys of an account that are sent; for admins", "AccountUpdate", "AccountUpdate", 200, "Account"},
	{ABOVE "accounts/" ID "/", "DELETE", http_delete_directory, NOUN_ACCOUNT, ROUTE_CONDITIONAL,
	"deleteAccount", "Delete an account; its tasks remain; for admins", NULL, NULL, 204, NULL},

	{ABOVE "contacts/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listContacts", "List and search contacts", NULL, NULL, 200, "ContactList"},
	{ABOVE "contacts/", "POST", http_create_directory, NOUN_NONE, ROUTE_KEYED,
	"createContact", "Create a contact; for admins", "ContactData", "ContactData", 201, "Contact"},
	{ABOVE "contacts/" ID "/", "GET", http_get_directory, NOUN_CONTACT, ROUTE_READ,
	"getContact", "Get a contact", NULL, NULL, 200, "Contact"},
	{ABOVE "contacts/" ID "/", "PUT", http_update_directory, NOUN_CONTACT, ROUTE_CONDITIONAL,
	"updateContact", "Update the keys of a contact that are sent; for admins", "ContactUpdate", "ContactUpdate", 200, "Contact"},
	{ABOVE "contacts/" ID "/", "PATCH", http_update_directory, NOUN_CONTACT, ROUTE_CONDITIONAL,
	"patchContact", "Update the keys of a contact that are sent; for admins", "ContactUpdate", "ContactUpdate", 200, "Contact"},
	{ABOVE "contacts/" ID "/", "DELETE", http_delete_directory, NOUN_CONTACT, ROUTE_CONDITIONAL,
	"deleteContact", "Delete a contact; its tasks remain; for admins", NULL, NULL, 204, NULL},

	{ABOVE "teams/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listTeams", "List and search teams", NULL, NULL, 200, "TeamList"},
	{ABOVE "teams/", "POST", http_create_directory, NOUN_NONE, ROUTE_KEYED,
	"createTeam", "Create a team; for admins", "TeamData", "TeamData", 201, "Team"},
	{ABOVE "teams/" ID "/", "GET", http_get_directory, NOUN_TEAM, ROUTE_READ,
	"getTeam", "Get a team", NULL, NULL, 200, "Team"},
	{ABOVE "teams/" ID "/", "PUT", http_update_directory, NOUN_TEAM, ROUTE_CONDITIONAL,
	"updateTeam", "Update the keys of a team that are sent; for admins", "TeamUpdate", "TeamUpdate", 200, "Team"},
	{ABOVE "teams/" ID "/", "PATCH", http_update_directory, NOUN_TEAM, ROUTE_CONDITIONAL,
	"patchTeam", "Update the keys of a team that are sent; for admins", "TeamUpdate", "TeamUpdate", 200, "Team"},
	{ABOVE "teams/" ID "/", "DELETE", http_delete_directory, NOUN_TEAM, ROUTE_CONDITIONAL,
	"deleteTeam", "Delete a team; its tasks remain; for admins", NULL, NULL, 204, NULL},

	{ABOVE "teams/" ID "/members/", "GET", http_list_team_members, NOUN_TEAM, ROUTE_READ,
	"listTeamMembers", "List and search the members of a team", NULL, NULL, 200, "MemberList"},
	{ABOVE "teams/" ID "/members/", "PATCH", http_change_team_members, NOUN_TEAM, ROUTE_CONDITIONAL,
	"patchTeamMembers", "Add members to a team and remove others; for admins", "TeamMembersUpdate", NULL, 204, NULL},

	{ABOVE "users/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listUsers", "List and search the members of the organization", NULL, NULL, 200, "MemberList"},
	{ABOVE "users/" ID "/", "GET", http_get_directory, NOUN_MEMBER, ROUTE_READ,
	"getUser", "Get a member of the organization", NULL, NULL, 200, "Member"},
	{ABOVE "users/" ID "/", "PATCH", http_update_user, NOUN_MEMBER, ROUTE_CONDITIONAL | ROUTE_EVERYWHERE,
	"patchUser", "Change the role of a member, or whether the member has access; for admins", "MemberUpdate", NULL, 200, "Member"},
	{ABOVE "users/" ID "/", "DELETE", http_remove_user, NOUN_MEMBER, ROUTE_CONDITIONAL | ROUTE_REASSIGN | ROUTE_EVERYWHERE,
	"removeUser", "Remove a member from the organization, and reassign the open tasks; for admins", NULL, NULL, 200, "Reassigned"},

	{ABOVE "views/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listViews", "List and search the views that the caller sees", NULL, NULL, 200, "ViewList"},
	{ABOVE "views/", "POST", http_create_view, NOUN_NONE, ROUTE_KEYED,
	"createView", "Keep filters of tasks as a view", "ViewData", NULL, 201, "View"},
	{ABOVE "views/" ID "/", "GET", http_get_directory, NOUN_VIEW, ROUTE_READ,
	"getView", "Get a view", NULL, NULL, 200, "View"},
	{ABOVE "views/" ID "/", "PUT", http_update_view, NOUN_VIEW, ROUTE_CONDITIONAL,
	"updateView", "Update the keys of a view that are sent", "ViewUpdate", NULL, 200, "View"},
	{ABOVE "views/" ID "/", "PATCH", http_update_view, NOUN_VIEW, ROUTE_CONDITIONAL,
	"patchView", "Update the keys of a view that are sent", "ViewUpdate", NULL, 200, "View"},
	{ABOVE "views/" ID "/", "DELETE", http_delete_view, NOUN_VIEW, ROUTE_CONDITIONAL,
	"deleteView", "Delete a view", NULL, NULL, 204, NULL},

	{ABOVE "me/", "GET", http_get_me, NOUN_NONE, ROUTE_ANY_ORG | ROUTE_READ,
	"getMe", "Get the caller, and the organizations that the caller belongs to", NULL, NULL, 200, "Caller"},
	{ABOVE "me/", "PATCH", http_update_me, NOUN_NONE, ROUTE_ANY_ORG | ROUTE_CONDITIONAL,
	"patchMe", "Change the name of the caller", "NameData", NULL, 200, "Caller"},

	{ABOVE "organization/", "GET", http_get_organization, NOUN_NONE, ROUTE_READ,
	"getOrganization", "Get the selected organization", NULL, NULL, 200, "Organization"},
	{ABOVE "organization/", "PATCH", http_update_organization, NOUN_NONE, ROUTE_CONDITIONAL | ROUTE_EVERYWHERE,
	"patchOrganization", "Rename the selected organization; for admins", "OrganizationUpdate", NULL, 200, "Organization"},

	{ABOVE "organization/export/", "GET", http_export_organization, NOUN_NONE, ROUTE_READ | ROUTE_LINES,
	"exportOrganization", "Get all rows of the selected organization, one JSON object a line; for admins", NULL, NULL, 200, NULL},

	{ABOVE "organization/events/", "GET", http_list_directory, NOUN_NONE, ROUTE_READ,
	"listEvents", "List what happened in the organization, newest first; for admins", NULL, NULL, 200, "EventList"},

	{ABOVE "invitations/", "GET", http_list_invitations, NOUN_NONE, ROUTE_READ,
	"listInvitations", "List the open invitations; for admins", NULL, NULL, 200, "InvitationList"},
	{ABOVE "invitations/", "POST", http_invite_member, NOUN_NONE, 0,
	"inviteMember", "Invite a user to the organization; for admins", "InvitationData", NULL, 201, "InvitationToken"},
	{ABOVE "invitations/accept/", "POST", http_accept_invitation, NOUN_NONE, ROUTE_ANY_ORG | ROUTE_NAMES,
	"acceptInvitation", "Become a member of the organization that a token invites to", "InvitationAcceptance", NULL, 200, "Membership"},
	{ABOVE "invitations/" ID "/", "DELETE", http_revoke_invitation, NOUN_INVITATION, ROUTE_CONDITIONAL,
	"revokeInvitation", "Revoke an open invitation; for admins", NULL, NULL, 204, NULL},

	{ABOVE "webhooks/", "GET", http_list_webhooks, NOUN_NONE, ROUTE_READ,
	"listWebhooks", "List the webhooks with their state; for admins", NULL, NULL, 200, "WebhookList"},
	{ABOVE "webhooks/", "POST", http_create_webhook, NOUN_NONE, ROUTE_KEYED | ROUTE_NAMES,
	"createWebhook", "Create a webhook; for admins", "WebhookData", NULL, 201, "WebhookWithSecret"},
	{ABOVE "webhooks/" ID "/", "GET", http_get_webhook, NOUN_WEBHOOK, ROUTE_READ,
	"getWebhook", "Get a webhook with its state; for admins", NULL, NULL, 200, "Webhook"},
	{ABOVE "webhooks/" ID "/", "PUT", http_update_webhook, NOUN_WEBHOOK, ROUTE_CONDITIONAL,
	"updateWebhook", "Update the keys of a webhook that are sent; for admins", "WebhookUpdate", NULL, 200, "Webhook"},
	{ABOVE "webhooks/" ID "/", "PATCH", http_update_webhook, NOUN_WEBHOOK, ROUTE_CONDITIONAL,
	"patchWebhook", "Update the keys of a webhook that are sent; for admins", "WebhookUpdate", NULL, 200, "Webhook"},
	{ABOVE "webhooks/" ID "/", "DELETE", http_delete_webhook, NOUN_WEBHOOK, ROUTE_CONDITIONAL,
	"deleteWebhook", "Delete a webhook; for admins", NULL, NULL, 204, NULL},
	{ABOVE "webhooks/" ID "/rotate-secret/", "POST", http_rotate_webhook_secret, NOUN_WEBHOOK, ROUTE_KEYED,
	"rotateWebhookSecret", "Give a webhook another secret; for admins", "SecretRotation", NULL, 201, "WebhookWithSecret"},
	{ABOVE "webhooks/" ID "/test/", "POST", http_test_webhook, NOUN_WEBHOOK, ROUTE_CONDITIONAL | ROUTE_RESTORE,
	"testWebhook", "Send a test to a webhook, once and ahead of other events; for admins", NULL, NULL, 200, "WebhookTest"},

	{ABOVE "sync/", "GET", http_sync, NOUN_NONE, ROUTE_READ | ROUTE_SYNC,
	"sync", "Get what has changed since a token, to keep a copy of the data in step", NULL, NULL, 200, "Sync"},

	{HTTP_DOCUMENT_PATH, "GET", http_get_openapi, NOUN_NONE, ROUTE_PUBLIC,
	"getOpenApi", "Get this document", NULL, NULL, 200, "OpenApi"}
};

const int	http_route_count = lengthof(http_routes);

/*
 * Checks that each route has a handler, a description, and a noun if its path has an id,
 * so that a forgotten one is an error when the library is loaded, and not a crash or a
 * wrong answer later.
 */
void
http_routes_check(void)
{
	for (int i = 0; i < http_route_count; i++)
	{
		const HttpRoute *route = &http_routes[i];
		bool		has_id = strstr(route->path, ID) != NULL;

		if (route->handler == NULL || route->name == NULL || route->summary == NULL || route->status == 0 ||
			has_id != (route->noun != NOUN_NONE))
			elog(ERROR, "route %s %s is not complete", route->method, route->path);
	}
}

/* Returns which list of the directory a route belongs to, or DIRECTORY_NONE. */
DirectoryNoun
http_route_directory(const HttpRoute *route)
{
	for (int noun = DIRECTORY_NONE + 1; noun < DIRECTORY_NOUNS; noun++)
	{
		const char *path = directory_kinds[noun].path;

		if (strncmp(route->path, path, strlen(path)) == 0)
			return noun;
	}
	return DIRECTORY_NONE;
}

/*
 * Returns the full path of a route as OpenAPI writes it, palloc'ed: with {id} for the id.
 */
char *
http_route_template(const HttpRoute *route)
{
	StringInfoData path;

	initStringInfo(&path);
	settings_append_path(&path, route->path);
	return path.data;
}

/* Reads one segment as an id, and compares the rest. */
static bool
matches_from_id(HttpTarget *target, const char *rest, const char *path)
{
	size_t		length = strcspn(path, "/");
	char	   *id;

	if (length == 0 || strcmp(path + length, rest) != 0)
		return false;
	id = palloc(length + 1);
	target->has_valid_id = uri_decode(path, length, false, id) && tc_uuid_parse(id, &target->pk);
	return true;
}

/*
 * Returns whether a path matches a template, and sets the id of target.  A path with the
 * right shape but an invalid uuid matches, without a valid id.
 */
static bool
matches_template(HttpTarget *target, const char *template, const char *path)
{
	const char *id = strstr(template, ID);

	target->has_valid_id = false;
	if (id == NULL)
		return strcmp(path, template) == 0;
	return strncmp(path, template, id - template) == 0 &&
		matches_from_id(target, id + strlen(ID), path + (id - template));
}

/* Returns the length of the literal text before the id: the longest is the best match. */
static int
literal_length(const char *template)
{
	const char *id = strstr(template, ID);

	return id == NULL ? INT_MAX : (int) (id - template);
}

/*
 * Finds the target of a request's path.  path: as sent, without the query; target: its
 * path is set to NULL if no route matches.  Never raises an error.
 */
void
http_target_find(HttpTarget *target, const char *path)
{
	int			best = -1;

	memset(target, 0, sizeof(*target));
	for (int i = 0; i < http_route_count; i++)
	{
		char	   *template;
		HttpTarget	found = {.path = http_routes[i].path};

		if (i > 0 && strcmp(http_routes[i].path, http_routes[i - 1].path) == 0)
			continue;
		template = http_route_template(&http_routes[i]);
		if (literal_length(template) > best && matches_template(&found, template, path))
		{
			best = literal_length(template);
			*target = found;
		}
	}
}

/* Returns whether the path of a target contains an id. */
bool
http_target_has_id(const HttpTarget *target)
{
	return strstr(target->path, ID) != NULL;
}

static bool
is_route_of(const HttpRoute *route, const HttpTarget *target)
{
	return strcmp(route->path, target->path) == 0;
}

/* Returns the route of a target and a method, or NULL; HEAD uses that of GET. */
const HttpRoute *
http_route_find(const HttpTarget *target, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (int i = 0; i < http_route_count; i++)
	{
		if (is_route_of(&http_routes[i], target) && strcmp(http_routes[i].method, method) == 0)
			return &http_routes[i];
	}
	return NULL;
}

/* Returns the methods of a target for the Allow header, palloc'ed. */
char *
http_route_methods(const HttpTarget *target)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < http_route_count; i++)
	{
		if (!is_route_of(&http_routes[i], target))
			continue;
		appendStringInfo(&text, "%s, ", http_routes[i].method);
		if (strcmp(http_routes[i].method, "GET") == 0)
			appendStringInfoString(&text, "HEAD, ");
	}
	appendStringInfoString(&text, "OPTIONS");
	return text.data;
}
