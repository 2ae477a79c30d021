/*
 * schema.h
 *		What requests and answers look like, as JSON Schema.
 */
#ifndef TASKCRM_SCHEMA_H
#define TASKCRM_SCHEMA_H

#include "wire/json_out.h"

extern void schema_raw(JsonOut *out, const char *json);
extern void schema_write_all(JsonOut *out);

#endif
