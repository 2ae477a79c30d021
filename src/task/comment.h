/*
 * comment.h
 *		Comments on tasks.
 */
#ifndef TASKCRM_COMMENT_H
#define TASKCRM_COMMENT_H

#include "db/row.h"
#include "identity/identity.h"
#include "task/task_timeline.h"
#include "wire/json_write.h"

#define COMMENT_MAX_LENGTH 10000

extern const RowSchema comment_schema;

extern Timeline comment_timeline;

extern bool comment_add(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id, Datum comment);
extern bool comment_lock(JsonWriter *out, const Identity *identity, const pg_uuid_t *id);
extern bool comment_edit(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, Datum comment);
extern bool comment_delete(const Identity *identity, const pg_uuid_t *id);
extern bool comment_exists(const Identity *identity, const pg_uuid_t *id);

#endif
