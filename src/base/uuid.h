/*
 * uuid.h
 *		uuids: reading, writing, comparing, making.
 */
#ifndef TASKCRM_UUID_H
#define TASKCRM_UUID_H

#include "utils/array.h"
#include "utils/uuid.h"

#define TC_UUID_TEXT_LEN 36

extern bool uuid_parse(const char *text, pg_uuid_t *uuid);
extern void uuid_format(const pg_uuid_t *uuid, char *text);
extern ArrayType *uuid_array(Datum *uuids, int count);
extern void uuid_make(pg_uuid_t *uuid);
extern int	uuid_compare(const pg_uuid_t *a, const pg_uuid_t *b);

#endif
