/*
 * row.c
 *		Writes values of a statement's result as members of a JSON object.
 *
 * All functions take the key, a row of the last result (from 0) and a column (from 1),
 * and write null for NULL.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "db/plan.h"
#include "db/row.h"

/* Writes the key, and null if the value is NULL; returns the value. */
static Datum
begin_member(JsonWriter *out, const char *key, uint64 row, int column, bool *isnull)
{
	Datum		value = plan_value(row, column, isnull);

	json_write_key(out, key);
	if (*isnull)
		json_write_null(out);
	return value;
}

/* A column of type uuid. */
void
row_write_uuid(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);

	if (!isnull)
		json_write_uuid(out, DatumGetUUIDP(value));
}

/* A column of type text. */
void
row_write_text(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);

	if (!isnull)
		json_write_text(out, value);
}

/* A column of type bigint. */
void
row_write_bigint(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);

	if (!isnull)
		json_write_int(out, DatumGetInt64(value));
}

/* A column of type boolean. */
static void
row_write_boolean(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);

	if (!isnull)
		json_write_bool(out, DatumGetBool(value));
}

/* A column of type jsonb. */
static void
row_write_object(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);
	Jsonb	   *json;

	if (isnull)
		return;
	json = DatumGetJsonbP(value);
	json_write_raw(out, CStringGetTextDatum(JsonbToCString(NULL, &json->root, VARSIZE(json))));
}

/* A column of type timestamptz, finite. */
static void
row_write_timestamp(JsonWriter *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin_member(out, key, row, column, &isnull);

	if (!isnull)
		json_write_timestamp(out, DatumGetTimestampTz(value));
}

static void
write_uuids(JsonWriter *out, ArrayType *array)
{
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	pg_uuid_t  *ids = (pg_uuid_t *) ARR_DATA_PTR(array);

	json_write_open(out, '[');
	for (int i = 0; i < count; i++)
		json_write_uuid(out, &ids[i]);
	json_write_close(out, ']');
}

/* Writes a member.  The column must have the type that the kind of the field names. */
void
row_write_field(JsonWriter *out, const RowField *field, uint64 row, int column)
{
	bool		isnull;

	switch (field->kind)
	{
		case ROW_UUID:
			row_write_uuid(out, field->key, row, column);
			break;
		case ROW_TEXT:
			row_write_text(out, field->key, row, column);
			break;
		case ROW_BIGINT:
			row_write_bigint(out, field->key, row, column);
			break;
		case ROW_TIMESTAMP:
			row_write_timestamp(out, field->key, row, column);
			break;
		case ROW_UUIDS:
			json_write_key(out, field->key);
			write_uuids(out, DatumGetArrayTypeP(plan_value(row, column, &isnull)));
			break;
		case ROW_OBJECT:
		case ROW_ARRAY:
			row_write_object(out, field->key, row, column);
			break;
		case ROW_BOOLEAN:
			row_write_boolean(out, field->key, row, column);
			break;
		case ROW_FLAG:
			if (DatumGetBool(plan_value(row, column, &isnull)) && !isnull)
			{
				json_write_key(out, field->key);
				json_write_bool(out, true);
			}
			break;
	}
}

/* Returns whether an object has a key. */
bool
row_has_field(const RowSchema *schema, const char *key)
{
	for (int i = 0; i < schema->count; i++)
	{
		if (strcmp(schema->fields[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Writes the members of an object.  The columns of the row are in the same order. */
void
row_write_fields(JsonWriter *out, const RowSchema *schema, uint64 row)
{
	for (int i = 0; i < schema->count; i++)
		row_write_field(out, &schema->fields[i], row, i + 1);
}
