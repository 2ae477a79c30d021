/*
 * json_read.h
 *		Reads the JSON that callers send.
 */
#ifndef TASKCRM_JSON_READ_H
#define TASKCRM_JSON_READ_H

#include "utils/jsonb.h"

#include "base/compat.h"

/* More elements than this in one array are an error. */
#define JSON_IN_MAX_ELEMENTS 1000

/* What is being read, for messages. */
typedef struct JsonReadKey
{
	const char *object;			/* what has the key, such as task_data; NULL for filters */
	const char *key;
} JsonReadKey;

typedef void (*JsonInMember) (void *state, const char *key, const JsonbValue *value);

extern void json_read_object(JsonbContainer *json, const char *what, JsonInMember member, void *state);
extern int	json_read_objects(Jsonb *json, const char *what, JsonbContainer ***objects);
extern bool json_read_is_empty(const JsonbValue *value);
extern char *json_read_string(const JsonReadKey *key, const JsonbValue *value);
extern int	json_read_array(const JsonReadKey *key, const JsonbValue *value, char ***strings);
extern int	json_read_strings(const JsonReadKey *key, const JsonbValue *value, char ***strings);
extern int	json_read_values(const JsonReadKey *key, const JsonbValue *value, JsonbValue **values);
extern int64 json_read_integer_between(const JsonReadKey *key, const JsonbValue *value, int64 min, int64 max);
extern Jsonb *json_read_parse(const char *text);
extern Jsonb *json_read_text(const JsonReadKey *key, const JsonbValue *value, const char *hint);
extern bool json_read_is_longer(Jsonb *json, Size max);
extern double json_read_double(const JsonReadKey *key, const JsonbValue *value);
extern int64 json_read_integer(const JsonReadKey *key, const JsonbValue *value, int64 max);
extern bool json_read_bool(const JsonReadKey *key, const JsonbValue *value);
extern char *json_read_clip(const char *text);
tc_noreturn extern void json_read_invalid(const JsonReadKey *key, int sqlstate, const char *detail,
							const char *hint);

#endif
