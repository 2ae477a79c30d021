/*
 * json_schema.h
 *		The JSON Schema of requests and answers.
 */
#ifndef TASKCRM_JSON_SCHEMA_H
#define TASKCRM_JSON_SCHEMA_H

#include "wire/json_write.h"

extern void json_schema_member(JsonWriter *out, const char *key, const char *value);
extern void json_schema_raw(JsonWriter *out, const char *json);
extern void json_schema_write_all(JsonWriter *out);

#endif
