/*
 * attachment.h
 *		Files attached to tasks.
 */
#ifndef TASKCRM_ATTACHMENT_H
#define TASKCRM_ATTACHMENT_H

#include "utils/jsonb.h"

#include "base/compat.h"
#include "db/row.h"
#include "identity/identity.h"
#include "task/task_timeline.h"
#include "wire/json_write.h"

/* A file to attach: either its bytes or a URL. */
typedef struct NewAttachment
{
	char	   *file_name;		/* cleaned */
	char	   *content_type;	/* NULL for a URL */
	bytea	   *content;		/* NULL for a URL */
	char	   *url;
} NewAttachment;

extern const RowSchema attachment_schema;

extern Timeline attachment_timeline;

tc_noreturn extern void attachment_raise_too_large(void);
extern bytea *attachment_decode(const char *text, int length);
extern void attachment_check(NewAttachment *attachment);
extern void attachment_read(NewAttachment *attachment, JsonbContainer *json, const char *object);
extern bool attachment_add(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
						   const NewAttachment *attachment);
extern void attachment_add_all(const Identity *identity, const pg_uuid_t *task_id,
							   JsonbContainer *json, const char *object);
extern void attachment_add_files(const Identity *identity, const pg_uuid_t *task_id,
								 const NewAttachment *files, int count);
extern bool attachment_delete(const Identity *identity, const pg_uuid_t *id);
extern bool attachment_exists(const Identity *identity, const pg_uuid_t *id);

#endif
