/*
 * event_history.h
 *		The history of a task.
 */
#ifndef TASKCRM_EVENT_HISTORY_H
#define TASKCRM_EVENT_HISTORY_H

#include "utils/jsonb.h"

#include "identity/identity.h"
#include "wire/json_write.h"

extern uint64 event_history_find(const pg_uuid_t *org_id, ArrayType *ids);
extern bool event_history_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id, Jsonb *filters);

#endif
