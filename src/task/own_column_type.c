/*
 * own_column_type.c
 *		The types of columns that an administrator added.
 *
 * Only types whose operators are leakproof have a place here: under row-level security no
 * other condition can use an index.  The exceptions are enums, whose operators are not, but
 * whose values are compared by functions of ours; see enum_filter.c.
 *
 * Such a column may contain values that the API's own columns refuse: negative numbers and
 * infinite times.  JSON shows the latter as the server does.
 */
#include "postgres.h"

#include <limits.h>

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "task/own_column_type.h"
#include "task/task_fields.h"
#include "wire/datetime.h"

/* --- integer, bigint --- */

static Datum
own_integer_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	return Int32GetDatum((int32) json_read_integer_between(key, value, INT_MIN, INT_MAX));
}

static void
own_integer_write_json(JsonWriter *out, Datum value)
{
	json_write_int(out, DatumGetInt32(value));
}

static bool
own_integer_equal(Datum a, Datum b)
{
	return DatumGetInt32(a) == DatumGetInt32(b);
}

static void
own_integer_pack(StringInfo bytes, Datum value)
{
	pack_uint64(bytes, (uint64) (int64) DatumGetInt32(value));
}

static bool
own_integer_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;

	if (!unpack_uint64(packed, &bits))
		return false;
	*value = Int32GetDatum((int32) bits);
	return true;
}

static const FieldType field_own_integer = {
	.oid = INT4OID, .select_cast = "", .json_type = "integer", .empty_is_null = true,
	.read = own_integer_read, .write_json = own_integer_write_json, .equal = own_integer_equal,
	.pack = own_integer_pack, .unpack = own_integer_unpack
};

static Datum
own_bigint_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	return Int64GetDatum(json_read_integer_between(key, value, PG_INT64_MIN, PG_INT64_MAX));
}

static void
own_bigint_write_json(JsonWriter *out, Datum value)
{
	json_write_int(out, DatumGetInt64(value));
}

static bool
own_bigint_equal(Datum a, Datum b)
{
	return DatumGetInt64(a) == DatumGetInt64(b);
}

static void
own_bigint_pack(StringInfo bytes, Datum value)
{
	pack_uint64(bytes, (uint64) DatumGetInt64(value));
}

static bool
own_bigint_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;

	if (!unpack_uint64(packed, &bits))
		return false;
	*value = Int64GetDatum((int64) bits);
	return true;
}

static const FieldType field_own_bigint = {
	.oid = INT8OID, .select_cast = "", .json_type = "integer", .empty_is_null = true,
	.read = own_bigint_read, .write_json = own_bigint_write_json, .equal = own_bigint_equal,
	.pack = own_bigint_pack, .unpack = own_bigint_unpack
};

/* --- double precision --- */

static Datum
own_double_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	return Float8GetDatum(json_read_double(key, value));
}

static void
own_double_write_json(JsonWriter *out, Datum value)
{
	json_write_double(out, DatumGetFloat8(value));
}

/* As the server compares them: NaN equals itself. */
static bool
own_double_equal(Datum a, Datum b)
{
	return float8_eq(DatumGetFloat8(a), DatumGetFloat8(b));
}

static void
own_double_pack(StringInfo bytes, Datum value)
{
	double		number = DatumGetFloat8(value);
	uint64		bits;

	memcpy(&bits, &number, sizeof(bits));
	pack_uint64(bytes, bits);
}

static bool
own_double_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	uint64		bits;
	double		number;

	if (!unpack_uint64(packed, &bits))
		return false;
	memcpy(&number, &bits, sizeof(number));
	*value = Float8GetDatum(number);
	return true;
}

static const FieldType field_own_double = {
	.oid = FLOAT8OID, .select_cast = "", .json_type = "number", .empty_is_null = true,
	.read = own_double_read, .write_json = own_double_write_json, .equal = own_double_equal,
	.pack = own_double_pack, .unpack = own_double_unpack
};

/* --- boolean --- */

static Datum
own_boolean_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	return BoolGetDatum(json_read_bool(key, value));
}

static void
own_boolean_write_json(JsonWriter *out, Datum value)
{
	json_write_bool(out, DatumGetBool(value));
}

static bool
own_boolean_equal(Datum a, Datum b)
{
	return DatumGetBool(a) == DatumGetBool(b);
}

static void
own_boolean_pack(StringInfo bytes, Datum value)
{
	appendStringInfoChar(bytes, DatumGetBool(value) ? 1 : 0);
}

static bool
own_boolean_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	const char *byte = unpack_bytes(packed, 1);

	if (byte == NULL)
		return false;
	*value = BoolGetDatum(*byte != 0);
	return true;
}

static const FieldType field_own_boolean = {
	.oid = BOOLOID, .select_cast = "", .json_type = "boolean", .empty_is_null = true,
	.read = own_boolean_read, .write_json = own_boolean_write_json, .equal = own_boolean_equal,
	.pack = own_boolean_pack, .unpack = own_boolean_unpack
};

/* --- date, timestamptz --- */

/* Returns whether a value is one of the words for infinite times, and which. */
static bool
is_infinity(const JsonbValue *value, bool *before)
{
	const char *words[2] = {"infinity", "-infinity"};

	for (int i = 0; value->type == jbvString && i < 2; i++)
	{
		if (value->val.string.len == (int) strlen(words[i]) &&
			memcmp(value->val.string.val, words[i], strlen(words[i])) == 0)
		{
			*before = i == 1;
			return true;
		}
	}
	return false;
}

static Datum
own_date_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	bool		before;

	if (is_infinity(value, &before))
		return DateADTGetDatum(before ? DATEVAL_NOBEGIN : DATEVAL_NOEND);
	return field_date.read(key, field, value);
}

static void
own_date_write_json(JsonWriter *out, Datum value)
{
	if (DATE_NOT_FINITE(DatumGetDateADT(value)))
		json_write_string(out, DATE_IS_NOBEGIN(DatumGetDateADT(value)) ? "-infinity" : "infinity");
	else
		field_date.write_json(out, value);
}

static bool
own_date_equal(Datum a, Datum b)
{
	return DatumGetDateADT(a) == DatumGetDateADT(b);
}

static void
own_date_pack(StringInfo bytes, Datum value)
{
	field_date.pack(bytes, value);
}

static bool
own_date_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	return field_date.unpack(field, packed, value);
}

static const FieldType field_own_date = {
	.oid = DATEOID, .select_cast = "", .json_type = "string", .json_format = "date", .empty_is_null = true,
	.read = own_date_read, .write_json = own_date_write_json, .equal = own_date_equal,
	.pack = own_date_pack, .unpack = own_date_unpack
};

static Datum
own_timestamp_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	bool		before;

	if (is_infinity(value, &before))
		return TimestampTzGetDatum(before ? DT_NOBEGIN : DT_NOEND);
	return field_timestamp.read(key, field, value);
}

static void
own_timestamp_write_json(JsonWriter *out, Datum value)
{
	if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value)))
		json_write_string(out, TIMESTAMP_IS_NOBEGIN(DatumGetTimestampTz(value)) ? "-infinity" : "infinity");
	else
		field_timestamp.write_json(out, value);
}

static bool
own_timestamp_equal(Datum a, Datum b)
{
	return DatumGetTimestampTz(a) == DatumGetTimestampTz(b);
}

static void
own_timestamp_pack(StringInfo bytes, Datum value)
{
	field_timestamp.pack(bytes, value);
}

static bool
own_timestamp_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	return field_timestamp.unpack(field, packed, value);
}

static const FieldType field_own_timestamp = {
	.oid = TIMESTAMPTZOID, .select_cast = "", .json_type = "string", .json_format = "date-time",
	.empty_is_null = true,
	.read = own_timestamp_read, .write_json = own_timestamp_write_json, .equal = own_timestamp_equal,
	.pack = own_timestamp_pack, .unpack = own_timestamp_unpack
};

/* --- enums --- */

/* Finds a label.  Returns false if the type does not have it. */
static bool
find_enum_label(Oid enum_type, char *text, Datum *value)
{
	NameData	name;

	if (strlen(text) >= NAMEDATALEN)
		return false;
	namestrcpy(&name, text);
	if (!SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(enum_type), NameGetDatum(&name)))
		return false;
	/* Raises 55P04 for a label that the present transaction has added. */
	*value = DirectFunctionCall2(enum_in, CStringGetDatum(text), ObjectIdGetDatum(enum_type));
	return true;
}

static int
compare_labels(const void *a, const void *b)
{
	float4		left = ((Form_pg_enum) GETSTRUCT(*(const HeapTuple *) a))->enumsortorder;
	float4		right = ((Form_pg_enum) GETSTRUCT(*(const HeapTuple *) b))->enumsortorder;

	return left < right ? -1 : left > right;
}

/* Returns the labels of an enum in their order, and their number.  oids: set if not NULL. */
static char **
list_enum_labels(Oid enum_type, int *count, Datum **oids)
{
	CatCList   *list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(enum_type));
	HeapTuple  *tuples = palloc(sizeof(HeapTuple) * Max(list->n_members, 1));
	char	  **labels = palloc(sizeof(char *) * Max(list->n_members, 1));

	*count = list->n_members;
	for (int i = 0; i < *count; i++)
		tuples[i] = &list->members[i]->tuple;
	qsort(tuples, *count, sizeof(HeapTuple), compare_labels);
	for (int i = 0; i < *count; i++)
		labels[i] = pstrdup(NameStr(((Form_pg_enum) GETSTRUCT(tuples[i]))->enumlabel));
	if (oids != NULL)
		*oids = palloc(sizeof(Datum) * Max(list->n_members, 1));
	for (int i = 0; oids != NULL && i < *count; i++)
		(*oids)[i] = ObjectIdGetDatum(((Form_pg_enum) GETSTRUCT(tuples[i]))->oid);
	ReleaseCatCacheList(list);
	return labels;
}

/* Returns the first labels for a hint. */
static char *
describe_enum_labels(Oid enum_type)
{
	StringInfoData text;
	int			count;
	char	  **labels = list_enum_labels(enum_type, &count, NULL);

	initStringInfo(&text);
	for (int i = 0; i < Min(count, 20); i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "" : ", ", labels[i]);
	if (count > 20)
		appendStringInfoString(&text, " and others");
	return text.data;
}

static Datum
own_label_read(const JsonReadKey *key, const TaskField *field, const JsonbValue *value)
{
	char	   *string = json_read_string(key, value);
	Datum		label;

	if (!find_enum_label(field->enum_type, string, &label))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There is no %s \"%s\".", field->key, json_read_clip(string)),
						  psprintf("Valid values are %s.", describe_enum_labels(field->enum_type)));
	return label;
}

/* Returns the text of a label, palloc'ed. */
static char *
enum_label_text(Oid label)
{
	return DatumGetCString(DirectFunctionCall1(enum_out, ObjectIdGetDatum(label)));
}

static void
own_label_write_json(JsonWriter *out, Datum value)
{
	json_write_string(out, enum_label_text(DatumGetObjectId(value)));
}

static bool
own_label_equal(Datum a, Datum b)
{
	return DatumGetObjectId(a) == DatumGetObjectId(b);
}

static void
own_label_pack(StringInfo bytes, Datum value)
{
	pack_string(bytes, enum_label_text(DatumGetObjectId(value)));
}

static bool
own_label_unpack(const TaskField *field, PackedBytes *packed, Datum *value)
{
	char	   *string = unpack_string(packed);

	return string != NULL && find_enum_label(field->enum_type, string, value);
}

static const FieldType field_own_label = {
	.oid = ANYENUMOID, .select_cast = "", .json_type = "string", .empty_is_null = true,
	.read = own_label_read, .write_json = own_label_write_json, .equal = own_label_equal,
	.pack = own_label_pack, .unpack = own_label_unpack
};

/* Writes the labels of an enum as elements of an array, in their order. */
void
own_column_write_labels(JsonWriter *out, Oid enum_type)
{
	int			count;
	char	  **labels = list_enum_labels(enum_type, &count, NULL);

	for (int i = 0; i < count; i++)
		json_write_string(out, labels[i]);
}

/* --- all of them --- */

static const struct
{
	const FieldType *type;
	bool		is_ranged;		/* lists have filters from and up to a value */
}			own_types[] = {
	{&field_text, false},
	{&field_uuid, false},
	{&field_own_boolean, false},
	{&field_own_integer, true},
	{&field_own_bigint, true},
	{&field_own_double, true},
	{&field_own_date, true},
	{&field_own_timestamp, true},
	{&field_own_label, false}
};

/* Returns the type of a column, or NULL if columns of that type cannot be exposed. */
const FieldType *
own_column_type(Oid type)
{
	if (type_is_enum(type))
		return &field_own_label;
	for (int i = 0; i < (int) lengthof(own_types); i++)
	{
		if (own_types[i].type->oid == type)
			return own_types[i].type;
	}
	return NULL;
}

/* Returns whether lists have filters from and up to a value of a type. */
bool
own_column_type_is_ranged(const FieldType *type)
{
	for (int i = 0; i < (int) lengthof(own_types); i++)
	{
		if (own_types[i].type == type)
			return own_types[i].is_ranged;
	}
	return false;
}

/*
 * Sets all values that a column can have, in their order, if its type has few: an enum or
 * boolean.  Returns their number, or 0.
 */
int
own_column_type_values(const TaskField *field, Datum **values)
{
	int			count = 0;

	if (OidIsValid(field->enum_type))
		(void) list_enum_labels(field->enum_type, &count, values);
	else if (field->type->oid == BOOLOID)
	{
		count = 2;
		*values = palloc(sizeof(Datum) * count);
		(*values)[0] = BoolGetDatum(false);
		(*values)[1] = BoolGetDatum(true);
	}
	return count;
}
