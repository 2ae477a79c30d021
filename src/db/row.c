/*
 * row.c
 *		Values of a statement's result as members of a JSON object.
 *
 * All take the key, a row of the last result from 0 and a column from 1, and write
 * null for NULL.
 */
#include "postgres.h"

#include "db/plan.h"
#include "db/row.h"

/* Writes the key, and null if there is nothing else to write; returns the value. */
static Datum
begin(JsonOut *out, const char *key, uint64 row, int column, bool *isnull)
{
	Datum		value = plan_value(row, column, isnull);

	json_out_key(out, key);
	if (*isnull)
		json_out_null(out);
	return value;
}

/* A column of type uuid. */
void
row_write_uuid(JsonOut *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin(out, key, row, column, &isnull);

	if (!isnull)
		json_out_uuid(out, DatumGetUUIDP(value));
}

/* A column of type text. */
void
row_write_text(JsonOut *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin(out, key, row, column, &isnull);

	if (!isnull)
		json_out_text(out, value);
}

/* A column of type bigint. */
void
row_write_bigint(JsonOut *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin(out, key, row, column, &isnull);

	if (!isnull)
		json_out_int(out, DatumGetInt64(value));
}

/* A column of type timestamptz, finite. */
void
row_write_timestamp(JsonOut *out, const char *key, uint64 row, int column)
{
	bool		isnull;
	Datum		value = begin(out, key, row, column, &isnull);

	if (!isnull)
		json_out_timestamp(out, DatumGetTimestampTz(value));
}
