/*
 * task_field_type.c
 *		The types of the fields of a task, each a table of operations on its values.
 *
 * All code that reads, writes, compares or stores a field uses the operations of its
 * type. A new type is one more entry here.
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "base/character.h"
#include "base/uuid.h"
#include "task/task_field_type.h"
#include "task/task_fields.h"
#include "wire/datetime.h"

/* --- bytes --- */

/* Appends eight bytes, the most significant first. */
void
pack_uint64(StringInfo bytes, uint64 value)
{
	value = pg_hton64(value);
	appendBinaryStringInfo(bytes, (const char *) &value, sizeof(value));
}

/* Takes bytes from the input; returns NULL if there are too few. */
const char *
unpack_bytes(PackedBytes *packed, int size)
{
	const char *bytes = packed->bytes;

	if (packed->size < size)
		return NULL;
	packed->bytes += size;
	packed->size -= size;
	return bytes;
}

/* Takes what pack_uint64() appended.  Returns false if there are too few bytes. */
bool
unpack_uint64(PackedBytes *packed, uint64 *value)
{
	const char *bytes = unpack_bytes(packed, sizeof(*value));

	if (bytes == NULL)
		return false;
	memcpy(value, bytes, sizeof(*value));
	*value = pg_ntoh64(*value);
	return true;
}

/*
 * Appends a string: its length in two bytes, and its bytes.  Raises 54000 if it is longer
 * than PACK_MAX_STRING, which no value with a short maximum is.
 */
void
pack_string(StringInfo bytes, const char *string)
{
	size_t		length = strlen(string);

	if (length > (size_t) PACK_MAX_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of the ordering is too long for a cursor"),
				 errdetail("It has %zu bytes, and at most %d are possible.", length, PACK_MAX_STRING),
				 errhint("Use offset instead of cursor, or another ordering.")));
	appendStringInfoChar(bytes, (char) (length >> 8));
	appendStringInfoChar(bytes, (char) (length & 0xFF));
	appendBinaryStringInfo(bytes, string, (int) length);
}

/* Takes what pack_string() appended, palloc'ed.  Returns NULL if that is not a text. */
char *
unpack_string(PackedBytes *packed)
{
	const char *size = unpack_bytes(packed, 2);
	const char *bytes;
	int			length;

	if (size == NULL)
		return NULL;
	length = (unsigned char) size[0] << 8 | (unsigned char) size[1];
	bytes = unpack_bytes(packed, length);
	if (bytes == NULL || memchr(bytes, '\0', length) != NULL || !pg_verifymbstr(bytes, length, true))
		return NULL;
	return pnstrdup(bytes, length);
}

/* --- uuid --- */

/* Reads an id from the input.  Raises 22P02. */
void
field_read_uuid(const JsonReadKey *key, const char *string, pg_uuid_t *id)
{
	if (!tc_uuid_parse(string, id))
		json_read_invalid(key, ERRCODE_INVALID_TEXT_REPRESENTATION,
						  psprintf("\"%s\" is not a valid id.", json_read_clip(string)), NULL);
}

static Datum
uuid_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	field_read_uuid(key, json_read_string(key, value), id);
	return UUIDPGetDatum(id);
}

static void
uuid_write_json(JsonWriter *out, Datum value)
{
	json_write_uuid(out, DatumGetUUIDP(value));
}

static bool
uuid_equal(Datum a, Datum b)
{
	return tc_uuid_compare(DatumGetUUIDP(a), DatumGetUUIDP(b)) == 0;
}

static void
uuid_pack(StringInfo bytes, Datum value)
{
	appendBinaryStringInfo(bytes, (const char *) DatumGetUUIDP(value)->data, UUID_LEN);
}

static bool
uuid_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	const char *bytes = unpack_bytes(packed, UUID_LEN);
	pg_uuid_t  *id;

	if (bytes == NULL)
		return false;
	id = palloc(sizeof(pg_uuid_t));
	memcpy(id->data, bytes, UUID_LEN);
	*value = UUIDPGetDatum(id);
	return true;
}

const FieldType field_uuid = {
	.oid = UUIDOID, .select_cast = "", .json_type = "string", .json_format = "uuid", .empty_is_null = true,
	.read = uuid_read, .write_json = uuid_write_json, .equal = uuid_equal, .pack = uuid_pack, .unpack = uuid_unpack
};

/* --- text --- */

static Datum
text_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	char	   *string = json_read_string(key, value);

	if (field->not_blank && text_is_blank(string, (int) strlen(string)))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be blank.", NULL);
	if (field->max_length > 0 && pg_mbstrlen(string) > field->max_length)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("It is longer than %d characters.", field->max_length), NULL);
	return CStringGetTextDatum(string);
}

static void
text_write_json(JsonWriter *out, Datum value)
{
	json_write_text(out, value);
}

/* The same text may be stored in different forms (TOAST). */
static bool
text_equal(Datum a, Datum b)
{
	return datum_image_eq(a, b, false, -1);
}

static void
text_pack(StringInfo bytes, Datum value)
{
	pack_string(bytes, TextDatumGetCString(value));
}

static bool
text_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	char	   *string = unpack_string(packed);

	if (string == NULL)
		return false;
	*value = CStringGetTextDatum(string);
	return true;
}

const FieldType field_text = {
	.oid = TEXTOID, .select_cast = "", .json_type = "string",
	.read = text_read, .write_json = text_write_json, .equal = text_equal, .pack = text_pack, .unpack = text_unpack
};

/* --- label --- */

static Datum
label_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	char	   *string = json_read_string(key, value);
	int			label = label_find(field->labels, string);

	if (label < 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There is no %s \"%s\".", key->key, json_read_clip(string)),
						  psprintf("Valid values are %s.", label_list(field->labels)));
	return CStringGetTextDatum(field->labels->labels[label]);
}

static bool
label_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	char	   *string = unpack_string(packed);
	int			label = string == NULL ? -1 : label_find(field->labels, string);

	if (label < 0)
		return false;
	*value = CStringGetTextDatum(field->labels->labels[label]);
	return true;
}

const FieldType field_label = {
	.oid = TEXTOID, .select_cast = "::pg_catalog.text", .json_type = "string",
	.read = label_read, .write_json = text_write_json, .equal = text_equal, .pack = text_pack, .unpack = label_unpack
};

/* --- date --- */

static Datum
date_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	char	   *string = json_read_string(key, value);
	DateADT		date;

	if (!datetime_parse_date(string, &date))
		json_read_invalid(key, ERRCODE_INVALID_DATETIME_FORMAT,
						  psprintf("\"%s\" is not a date.", json_read_clip(string)),
						  "Write dates as YYYY-MM-DD.");
	return DateADTGetDatum(date);
}

static void
date_write_json(JsonWriter *out, Datum value)
{
	json_write_date(out, DatumGetDateADT(value));
}

static bool
date_equal(Datum a, Datum b)
{
	return DatumGetDateADT(a) == DatumGetDateADT(b);
}

static void
date_pack(StringInfo bytes, Datum value)
{
	pack_uint64(bytes, (uint64) (int64) DatumGetDateADT(value));
}

static bool
date_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;

	if (!unpack_uint64(packed, &bits))
		return false;
	*value = DateADTGetDatum((DateADT) bits);
	return true;
}

const FieldType field_date = {
	.oid = DATEOID, .select_cast = "", .json_type = "string", .json_format = "date", .empty_is_null = true,
	.read = date_read, .write_json = date_write_json, .equal = date_equal, .pack = date_pack, .unpack = date_unpack
};

/* --- timestamp --- */

static Datum
timestamp_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	char	   *string = json_read_string(key, value);
	TimestampTz instant;

	if (!datetime_parse_instant(string, &instant))
		json_read_invalid(key, ERRCODE_INVALID_DATETIME_FORMAT,
						  psprintf("\"%s\" is not a time.", json_read_clip(string)), NULL);
	return TimestampTzGetDatum(instant);
}

static void
timestamp_write_json(JsonWriter *out, Datum value)
{
	json_write_timestamp(out, DatumGetTimestampTz(value));
}

static bool
timestamp_equal(Datum a, Datum b)
{
	return DatumGetTimestampTz(a) == DatumGetTimestampTz(b);
}

static void
timestamp_pack(StringInfo bytes, Datum value)
{
	pack_uint64(bytes, (uint64) DatumGetTimestampTz(value));
}

static bool
timestamp_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;

	if (!unpack_uint64(packed, &bits))
		return false;
	*value = TimestampTzGetDatum((TimestampTz) bits);
	return true;
}

const FieldType field_timestamp = {
	.oid = TIMESTAMPTZOID, .select_cast = "", .json_type = "string", .json_format = "date-time", .empty_is_null = true,
	.read = timestamp_read, .write_json = timestamp_write_json, .equal = timestamp_equal,
	.pack = timestamp_pack, .unpack = timestamp_unpack
};

/* --- integer --- */

static Datum
integer_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	return Int32GetDatum((int32) json_read_integer(key, value, INT_MAX));
}

static void
integer_write_json(JsonWriter *out, Datum value)
{
	json_write_int(out, DatumGetInt32(value));
}

static bool
integer_equal(Datum a, Datum b)
{
	return DatumGetInt32(a) == DatumGetInt32(b);
}

static void
integer_pack(StringInfo bytes, Datum value)
{
	pack_uint64(bytes, (uint64) (int64) DatumGetInt32(value));
}

static bool
integer_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;

	if (!unpack_uint64(packed, &bits))
		return false;
	*value = Int32GetDatum((int32) bits);
	return true;
}

const FieldType field_integer = {
	.oid = INT4OID, .select_cast = "", .json_type = "integer", .empty_is_null = true,
	.read = integer_read, .write_json = integer_write_json, .equal = integer_equal,
	.pack = integer_pack, .unpack = integer_unpack
};

/* --- links --- */

const FieldType field_links = {.json_type = "array"};
