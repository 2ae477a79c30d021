/*
 * uuid.h
 *		Reads, writes, compares and generates uuids.
 */
#ifndef TASKCRM_UUID_H
#define TASKCRM_UUID_H

#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/uuid.h"

#define TC_UUID_TEXT_LEN 36

extern bool tc_uuid_parse(const char *text, pg_uuid_t *uuid);
extern void tc_uuid_format(const pg_uuid_t *uuid, char *text);
extern ArrayType *tc_uuid_array(Datum *uuids, int count);
extern void tc_uuid_make(pg_uuid_t *uuid);
extern void tc_uuid_make_at(TimestampTz time, pg_uuid_t *uuid);
extern void tc_uuid_first_at(TimestampTz time, pg_uuid_t *uuid);
extern bool tc_uuid_is_nil(const pg_uuid_t *uuid);
extern int	tc_uuid_compare(const pg_uuid_t *a, const pg_uuid_t *b);

#endif
