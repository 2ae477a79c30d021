/*
 * api_operations.h
 *		The operations of the API, called by SQL functions and HTTP requests.
 *
 * Each one is a complete API call: it identifies the caller and checks its arguments.  A
 * pointer is NULL if the caller sent null or nothing.  The result is JSON as a datum of
 * type json, in the caller's memory context.
 */
#ifndef TASKCRM_API_OPERATIONS_H
#define TASKCRM_API_OPERATIONS_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "api/api_idempotency.h"
#include "base/id_set.h"
#include "base/uuid.h"
#include "task/attachment.h"
#include "task/attachment_file.h"
#include "task/directory_kind.h"
#include "task/task_version.h"

/* A file as it was sent: its name, type and size are not checked yet. */
typedef struct SentFiles
{
	int			count;
	NewAttachment *files;
} SentFiles;

extern void sent_files_add_to_key(KeyedCall *keyed, const SentFiles *files);

typedef void (*StoredFileUse) (void *state, const StoredFile *file);

extern Datum api_list_tasks(Jsonb *filters);
extern Datum api_task_totals(Jsonb *filters);
extern Datum api_group_tasks(Jsonb *filters, text *group_by, Jsonb *options);
extern Datum api_create_task(Jsonb *task_data, text *expand, KeyedCall *keyed, const SentFiles *files, TaskMark *mark);
extern Datum api_get_task(const pg_uuid_t *pk, text *expand, TaskMark *mark);
extern Datum api_update_task(const pg_uuid_t *pk, Jsonb *task_data, text *expand, const TaskConditions *conditions,
							 bool answers, TaskMark *mark);
extern Datum api_update_tasks(Jsonb *filters, Jsonb *task_data, Jsonb *options);
extern Datum api_delete_tasks(Jsonb *filters, Jsonb *options);
extern void api_delete_task(const pg_uuid_t *pk, const TaskConditions *conditions);

extern Datum api_add_comment_or_attachment(const pg_uuid_t *pk, text *comment, Jsonb *attachment,
										   const SentFiles *files, KeyedCall *keyed);
extern Datum api_sync(text *token, Jsonb *options);
extern Datum api_task_history(const pg_uuid_t *pk, Jsonb *filters);
extern Datum api_list_comments(const pg_uuid_t *pk, Jsonb *filters);
extern Datum api_edit_comment(const pg_uuid_t *pk, text *comment, Jsonb *sent_back);
extern void api_delete_comment(const pg_uuid_t *pk);

extern Datum api_list_attachments(const pg_uuid_t *pk, Jsonb *filters);
extern void api_get_attachment(const pg_uuid_t *pk, StoredFileUse use, void *state);
extern void api_delete_attachment(const pg_uuid_t *pk);

extern Datum api_get_organization(void);
extern Datum api_update_organization(text *name);
extern Datum api_update_me(text *name);
extern Datum api_remove_member(const pg_uuid_t *user, const pg_uuid_t *reassign_to);
extern Datum api_reassign(const pg_uuid_t *from, const pg_uuid_t *to, Jsonb *filters);
extern Datum api_invite_member(text *email, text *role, const TimestampTz *expires_on);
extern Datum api_list_invitations(void);
extern void api_revoke_invitation(const pg_uuid_t *pk);
extern Datum api_accept_invitation(text *token);
extern Datum api_update_member(const pg_uuid_t *user, text *role, NullableDatum is_active);
extern Datum api_list_directory(DirectoryNoun noun, Jsonb *filters);
extern Datum api_get_directory(DirectoryNoun noun, const pg_uuid_t *pk);
extern Datum api_create_directory(DirectoryNoun noun, Jsonb *data, KeyedCall *keyed);
extern Datum api_update_directory(DirectoryNoun noun, const pg_uuid_t *pk, Jsonb *json);
extern void api_delete_directory(DirectoryNoun noun, const pg_uuid_t *pk);
extern Datum api_list_team_members(const pg_uuid_t *team, Jsonb *filters);
extern void api_change_team_members(const pg_uuid_t *team, const IdSet *add, const IdSet *remove);
extern Datum api_create_view(Jsonb *data, KeyedCall *keyed);
extern Datum api_update_view(const pg_uuid_t *pk, Jsonb *data);
extern void api_delete_view(const pg_uuid_t *pk);
extern Datum api_restore_task(const pg_uuid_t *pk, KeyedCall *keyed);
extern Datum api_create_webhook(Jsonb *data, KeyedCall *keyed);
extern Datum api_update_webhook(const pg_uuid_t *pk, Jsonb *data);
extern Datum api_rotate_webhook_secret(const pg_uuid_t *pk, const Interval *overlap, KeyedCall *keyed);
extern void api_delete_webhook(const pg_uuid_t *pk);
extern Datum api_list_webhooks(void);
extern Datum api_get_webhook(const pg_uuid_t *pk);
extern Datum api_test_webhook(const pg_uuid_t *pk);
extern Datum api_export_organization(void);

#endif
