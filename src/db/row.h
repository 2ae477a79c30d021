/*
 * row.h
 *		Values of a statement's result as members of a JSON object.
 */
#ifndef TASKCRM_ROW_H
#define TASKCRM_ROW_H

#include "wire/json_out.h"

extern void row_write_uuid(JsonOut *out, const char *key, uint64 row, int column);
extern void row_write_text(JsonOut *out, const char *key, uint64 row, int column);
extern void row_write_bigint(JsonOut *out, const char *key, uint64 row, int column);
extern void row_write_timestamp(JsonOut *out, const char *key, uint64 row, int column);

#endif
