/*
 * json_out.h
 *		Writing JSON.
 */
#ifndef TASKCRM_JSON_OUT_H
#define TASKCRM_JSON_OUT_H

#include "lib/stringinfo.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/uuid.h"

typedef struct JsonOut
{
	StringInfoData text;
	bool		comma;			/* the next element needs one before it */
} JsonOut;

/* What a uuid and the comma before it take, for bounds on what is worth fetching. */
#define JSON_OUT_UUID_SIZE (TC_UUID_TEXT_LEN + 3)

tc_noreturn extern void json_out_raise_too_large(void);
extern void json_out_begin(JsonOut *out);
extern Datum json_out_end(JsonOut *out);
extern void json_out_open(JsonOut *out, char bracket);
extern void json_out_close(JsonOut *out, char bracket);
extern void json_out_raw(JsonOut *out, Datum json);
extern void json_out_key(JsonOut *out, const char *key);
extern void json_out_null(JsonOut *out);
extern void json_out_bool(JsonOut *out, bool value);
extern void json_out_int(JsonOut *out, int64 value);
extern void json_out_string(JsonOut *out, const char *value);
extern void json_out_text(JsonOut *out, Datum value);
extern void json_out_uuid(JsonOut *out, const pg_uuid_t *value);
extern void json_out_date(JsonOut *out, DateADT value);
extern void json_out_timestamp(JsonOut *out, TimestampTz value);

#endif
