/*
 * row.h
 *		Writes values of a statement's result as members of a JSON object.
 */
#ifndef TASKCRM_ROW_H
#define TASKCRM_ROW_H

#include "wire/json_write.h"

typedef enum RowKind
{
	ROW_UUID,
	ROW_TEXT,
	ROW_BIGINT,
	ROW_TIMESTAMP,
	ROW_UUIDS,					/* uuid[] */
	ROW_OBJECT,					/* jsonb */
	ROW_ARRAY,					/* jsonb */
	ROW_BOOLEAN,
	ROW_FLAG					/* boolean; only true is written */
} RowKind;

/* A member of an object that is made from a row. */
typedef struct RowField
{
	const char *key;
	RowKind		kind;
	bool		nullable;
	const char *doc;			/* description for clients */
} RowField;

/* An object that is made from a row: one member for each column. */
typedef struct RowSchema
{
	const char *name;
	const char *doc;
	int			count;
	const RowField *fields;
} RowSchema;

extern bool row_has_field(const RowSchema *schema, const char *key);
extern void row_write_field(JsonWriter *out, const RowField *field, uint64 row, int column);
extern void row_write_fields(JsonWriter *out, const RowSchema *schema, uint64 row);

extern void row_write_uuid(JsonWriter *out, const char *key, uint64 row, int column);
extern void row_write_text(JsonWriter *out, const char *key, uint64 row, int column);
extern void row_write_bigint(JsonWriter *out, const char *key, uint64 row, int column);

#endif
