/*
 * http_handlers.h
 *		The handlers of methods and resources.
 */
#ifndef TASKCRM_HTTP_HANDLERS_H
#define TASKCRM_HTTP_HANDLERS_H

#include "base/uuid.h"
#include "http/http_request.h"
#include "http/http_response.h"

/* Answers a request of a user.  pk: from the path, valid; undefined without an id. */
typedef void (*HttpHandler) (const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);

extern void http_list_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_create_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_add_comment_or_attachment(const HttpRequest *request, const pg_uuid_t *pk,
										   HttpResponse *response);
extern void http_sync(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_task_history(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_comments(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_attachments(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_edit_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_comment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_attachment(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_attachment(const HttpRequest *request, const pg_uuid_t *pk,
								   HttpResponse *response);
extern void http_get_totals(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_group_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_create_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_directory(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_restore_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_create_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_view(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_me(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_me(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_export_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_team_members(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_change_team_members(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_remove_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_reassign(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_invitations(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_invite_member(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_revoke_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_accept_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_list_webhooks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_create_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_update_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_delete_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_rotate_webhook_secret(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_test_webhook(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);
extern void http_get_openapi(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response);

#endif
