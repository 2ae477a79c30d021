/*
 * json_in.h
 *		Reading the JSON that callers send.
 */
#ifndef TASKCRM_JSON_IN_H
#define TASKCRM_JSON_IN_H

#include "utils/jsonb.h"

#include "base/compat.h"

/* More elements than this in one array are an error. */
#define JSON_IN_MAX_ELEMENTS 1000

/* What is being read, for messages: the key stands in "... for <noun> "<key>"". */
typedef struct JsonInKey
{
	const char *noun;			/* such as filter */
	const char *key;
} JsonInKey;

typedef void (*JsonInMember) (void *state, const char *key, const JsonbValue *value);

extern void json_in_object(JsonbContainer *json, const char *what, JsonInMember member, void *state);
extern int	json_in_objects(Jsonb *json, const char *what, JsonbContainer ***objects);
extern bool json_in_is_empty(const JsonbValue *value);
extern char *json_in_string(const JsonInKey *key, const JsonbValue *value);
extern int	json_in_array(const JsonInKey *key, const JsonbValue *value, char ***strings);
extern int	json_in_strings(const JsonInKey *key, const JsonbValue *value, char ***strings);
extern int64 json_in_integer(const JsonInKey *key, const JsonbValue *value, int64 max);
extern bool json_in_bool(const JsonInKey *key, const JsonbValue *value);
extern char *json_in_clip(const char *text);
tc_noreturn extern void json_in_invalid(const JsonInKey *key, int sqlstate, const char *detail,
							const char *hint);

#endif
