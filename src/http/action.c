/*
 * action.c
 *		The methods of the REST API: the one table that answering them and describing them
 *		are made from.
 *
 * The schemas are those that schema.c writes.
 */
#include "postgres.h"

#include "http/action.h"

/* HEAD is GET without the body; OPTIONS is the same everywhere. */
const HttpAction http_actions[] = {
	{HTTP_TASKS, "GET", http_list_tasks, "listTasks", "List and search tasks",
	NULL, NULL, 200, "TaskList", ACTION_FILTERS},
	{HTTP_TASKS, "POST", http_create_task, "createTask", "Create a task",
	"TaskData", "TaskForm", 201, "Task", ACTION_KEYED},
	{HTTP_TASK, "GET", http_get_task, "getTask", "Get a task with all that belongs to it",
	NULL, NULL, 200, "TaskDetails", ACTION_CACHED},
	{HTTP_TASK, "PUT", http_update_task, "updateTask", "Change what is sent of a task",
	"TaskUpdate", "TaskUpdate", 200, "Task", ACTION_CONDITIONAL},
	{HTTP_TASK, "PATCH", http_update_task, "patchTask", "Change what is sent of a task",
	"TaskUpdate", "TaskUpdate", 200, "Task", ACTION_CONDITIONAL},
	{HTTP_TASK, "DELETE", http_delete_task, "deleteTask", "Delete a task",
	NULL, NULL, 204, NULL, ACTION_CONDITIONAL},
	{HTTP_TASK, "POST", http_add_comment_or_attachment, "addTaskCommentOrAttachment",
		"Add a comment, a file or both to a task",
	"CommentOrAttachmentData", "CommentForm", 201, "CommentOrAttachment", ACTION_KEYED},
	{HTTP_TASK_COMMENTS, "GET", http_list_comments, "listTaskComments", "List the comments of a task, the newest first",
	NULL, NULL, 200, "CommentList", ACTION_PAGES},
	{HTTP_TASK_ATTACHMENTS, "GET", http_list_attachments, "listTaskAttachments",
		"List the attachments of a task, the newest first",
	NULL, NULL, 200, "AttachmentList", ACTION_PAGES},
	{HTTP_COMMENT, "PUT", http_edit_comment, "editTaskComment", "Edit a comment",
	"CommentData", "CommentData", 200, "Comment", ACTION_CONDITIONAL},
	{HTTP_COMMENT, "PATCH", http_edit_comment, "patchTaskComment", "Edit a comment",
	"CommentData", "CommentData", 200, "Comment", ACTION_CONDITIONAL},
	{HTTP_COMMENT, "DELETE", http_delete_comment, "deleteTaskComment", "Delete a comment",
	NULL, NULL, 204, NULL, ACTION_CONDITIONAL},
	{HTTP_ATTACHMENT, "GET", http_get_attachment, "getTaskAttachment", "Download an attachment",
	NULL, NULL, 200, NULL, ACTION_CACHED | ACTION_FILE},
	{HTTP_ATTACHMENT, "DELETE", http_delete_attachment, "deleteTaskAttachment", "Delete an attachment",
	NULL, NULL, 204, NULL, 0},
	{HTTP_OPENAPI, "GET", http_get_openapi, "getOpenApi", "Get this document",
	NULL, NULL, 200, "OpenApi", ACTION_PUBLIC}
};

const int	http_action_count = lengthof(http_actions);
