/*
 * event_sync.h
 *		Keeps a copy of an organization's data in step.
 */
#ifndef TASKCRM_EVENT_SYNC_H
#define TASKCRM_EVENT_SYNC_H

#include "utils/jsonb.h"

#include "identity/identity.h"
#include "wire/json_write.h"

extern void event_sync_write(JsonWriter *out, const Identity *identity, const char *token, Jsonb *options);
extern const char *event_sync_resource(int place);

#endif
