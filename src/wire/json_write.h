/*
 * json_write.h
 *		Writes JSON.
 */
#ifndef TASKCRM_JSON_WRITE_H
#define TASKCRM_JSON_WRITE_H

#include "lib/stringinfo.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/uuid.h"

typedef struct JsonWriter
{
	StringInfoData text;
	bool		comma;			/* the next element needs one before it */
	bool		stored;			/* is no answer, and has no limit */
} JsonWriter;

/* The size of a uuid and its comma, to limit what is fetched. */
#define JSON_OUT_UUID_SIZE (TC_UUID_TEXT_LEN + 3)

tc_noreturn extern void json_write_raise_too_large(void);
extern void json_write_begin(JsonWriter *out);
extern void json_write_begin_stored(JsonWriter *out);
extern Datum json_write_end(JsonWriter *out);
extern void json_write_open(JsonWriter *out, char bracket);
extern void json_write_close(JsonWriter *out, char bracket);
extern void json_write_raw(JsonWriter *out, Datum json);
extern void json_write_members(JsonWriter *out, const JsonWriter *from);
extern void json_write_key(JsonWriter *out, const char *key);
extern void json_write_null(JsonWriter *out);
extern void json_write_bool(JsonWriter *out, bool value);
extern void json_write_int(JsonWriter *out, int64 value);
extern char *json_write_double_text(double value);
extern void json_write_double(JsonWriter *out, double value);
extern void json_write_string(JsonWriter *out, const char *value);
extern void json_write_string_member(JsonWriter *out, const char *key, const char *value);
extern void json_write_text(JsonWriter *out, Datum value);
extern void json_write_uuid(JsonWriter *out, const pg_uuid_t *value);
extern void json_write_date(JsonWriter *out, DateADT value);
extern void json_write_timestamp(JsonWriter *out, TimestampTz value);

#endif
