/*
 * json_write.c
 *		Writes JSON.
 *
 * Uses one buffer, written in the order of the keys and returned as a json datum without
 * copying.  The format of dates and times does not depend on DateStyle and TimeZone.
 *
 * The result is at most taskcrm.max_answer_size bytes, not counting the last value.  This
 * is the only place that limits answers, whatever they contain.
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "base/compat.h"
#include "base/settings.h"
#include "wire/json_write.h"

/* Starts a JSON text in the current memory context, which must outlive it. */
void
json_write_begin(JsonWriter *out)
{
	static const char header[VARHDRSZ] = {0};

	initStringInfo(&out->text);
	/* Room for the length word of the datum. */
	appendBinaryStringInfo(&out->text, header, VARHDRSZ);
	out->comma = false;
	out->stored = false;
}

/* Starts a JSON text that is no answer: taskcrm.max_answer_size does not limit it. */
void
json_write_begin_stored(JsonWriter *out)
{
	json_write_begin(out);
	out->stored = true;
}

/* Raises 54000 if the answer is larger than taskcrm.max_answer_size. */
void
json_write_raise_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the answer is too large"),
			 errdetail("An answer can contain at most %d bytes.", settings_max_answer_size),
			 errhint("Request a smaller page, or write fewer tasks at once.")));
}

/* Raises 54000 unless that many bytes may be added. */
static void
require_room(const JsonWriter *out, size_t size)
{
	if (out->stored)
		return;
	if (size > (size_t) settings_max_answer_size ||
		out->text.len - VARHDRSZ > settings_max_answer_size - (int) size)
		json_write_raise_too_large();
}

/* Returns the finished text as a datum of type json.  Raises 54000. */
Datum
json_write_end(JsonWriter *out)
{
	require_room(out, 0);
	SET_VARSIZE(out->text.data, out->text.len);
	return PointerGetDatum(out->text.data);
}

/* Begins an element.  Raises 54000 if the text before it is too large. */
static void
separate_values(JsonWriter *out)
{
	require_room(out, 0);
	if (out->comma)
		appendStringInfoChar(&out->text, ',');
	out->comma = true;
}

/* Opens an object or array.  bracket: '{' or '['. */
void
json_write_open(JsonWriter *out, char bracket)
{
	separate_values(out);
	appendStringInfoChar(&out->text, bracket);
	out->comma = false;
}

/* Closes it.  bracket: '}' or ']'. */
void
json_write_close(JsonWriter *out, char bracket)
{
	appendStringInfoChar(&out->text, bracket);
	out->comma = true;
}

/* Writes the elements that were written to another writer. */
void
json_write_members(JsonWriter *out, const JsonWriter *from)
{
	if (!from->comma)
		return;
	separate_values(out);
	appendBinaryStringInfo(&out->text, from->text.data + VARHDRSZ, from->text.len - VARHDRSZ);
}

/* Writes a key, which must be plain ASCII without quotes or backslashes. */
void
json_write_key(JsonWriter *out, const char *key)
{
	separate_values(out);
	appendStringInfoChar(&out->text, '"');
	appendStringInfoString(&out->text, key);
	appendStringInfoString(&out->text, "\":");
	out->comma = false;
}

/* Writes a value that is JSON already.  json: a datum of type json. */
void
json_write_raw(JsonWriter *out, Datum json)
{
	text	   *value = DatumGetTextPP(json);

	separate_values(out);
	require_room(out, VARSIZE_ANY_EXHDR(value));
	appendBinaryStringInfo(&out->text, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* Writes null. */
void
json_write_null(JsonWriter *out)
{
	separate_values(out);
	appendStringInfoString(&out->text, "null");
}

/* Writes true or false. */
void
json_write_bool(JsonWriter *out, bool value)
{
	separate_values(out);
	appendStringInfoString(&out->text, value ? "true" : "false");
}

/* Writes an integer. */
void
json_write_int(JsonWriter *out, int64 value)
{
	char		digits[MAXINT8LEN + 1];
	int			length = pg_lltoa(value, digits);

	separate_values(out);
	appendBinaryStringInfo(&out->text, digits, length);
}

/*
 * Returns the shortest decimal notation of a floating-point number, palloc'ed.  Unlike that
 * of float8out(), it depends on no setting.
 */
char *
json_write_double_text(double value)
{
	char	   *digits = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	(void) double_to_shortest_decimal_buf(value, digits);
	return digits;
}

/* Writes a floating-point number; as a string if JSON has no number for it. */
void
json_write_double(JsonWriter *out, double value)
{
	char	   *digits = json_write_double_text(value);

	if (isnan(value) || isinf(value))
		json_write_string(out, digits);
	else
	{
		separate_values(out);
		appendStringInfoString(&out->text, digits);
	}
	pfree(digits);
}

/* A byte in each of the eight of a word. */
#define EACH_BYTE(byte) (UINT64CONST(0x0101010101010101) * (byte))

/* Returns whether JSON needs an escape for any of eight bytes. */
static inline bool
needs_escape(uint64 word)
{
	uint64		quote = word ^ EACH_BYTE('"');
	uint64		backslash = word ^ EACH_BYTE('\\');

	/* A subtraction sets the highest bit of a byte that was less, where it was not set before. */
	return (((word - EACH_BYTE(' ')) & ~word) |
			((quote - EACH_BYTE(1)) & ~quote) |
			((backslash - EACH_BYTE(1)) & ~backslash)) & EACH_BYTE(0x80);
}

/* Returns how many of the bytes can stand in a JSON string as they are. */
static size_t
plain_length(const char *value, size_t length)
{
	size_t		plain = 0;

	for (uint64 word; plain + sizeof(word) <= length; plain += sizeof(word))
	{
		memcpy(&word, value + plain, sizeof(word));
		if (needs_escape(word))
			break;
	}
	while (plain < length && (unsigned char) value[plain] >= ' ' && value[plain] != '"' && value[plain] != '\\')
		plain++;
	return plain;
}

static void
append_escaped(StringInfo text, char byte)
{
	static const char *const short_escapes = "\bb\ff\nn\rr\tt\"\"\\\\";
	const char *escape = short_escapes;

	while (*escape != '\0' && *escape != byte)
		escape += 2;
	if (*escape == '\0')
		appendStringInfo(text, "\\u%04x", (unsigned char) byte);
	else
	{
		appendStringInfoChar(text, '\\');
		appendStringInfoChar(text, escape[1]);
	}
}

/* Writes a string.  value: in the server encoding; length: in bytes. */
static void
write_string(JsonWriter *out, const char *value, size_t length)
{
	separate_values(out);
	require_room(out, length);
	/* Without this, a long string is copied each time the buffer is doubled. */
	enlargeStringInfo(&out->text, (int) length + 2);
	appendStringInfoChar(&out->text, '"');
	while (length > 0)
	{
		size_t		plain = plain_length(value, length);

		appendBinaryStringInfo(&out->text, value, (int) plain);
		if (plain == length)
			break;
		append_escaped(&out->text, value[plain]);
		value += plain + 1;
		length -= plain + 1;
	}
	appendStringInfoChar(&out->text, '"');
}

/* Writes a string, escaped.  value: NUL-terminated, in the server encoding. */
void
json_write_string(JsonWriter *out, const char *value)
{
	write_string(out, value, strlen(value));
}

/* Writes a member of an object.  value: NULL for null. */
void
json_write_string_member(JsonWriter *out, const char *key, const char *value)
{
	json_write_key(out, key);
	if (value == NULL)
		json_write_null(out);
	else
		json_write_string(out, value);
}

/* Writes a datum of type text as a string. */
void
json_write_text(JsonWriter *out, Datum value)
{
	text	   *string = DatumGetTextPP(value);

	write_string(out, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
	if (PointerGetDatum(string) != value)
		pfree(string);
}

/* Writes a uuid. */
void
json_write_uuid(JsonWriter *out, const pg_uuid_t *value)
{
	char		text[TC_UUID_TEXT_LEN + 1];

	tc_uuid_format(value, text);
	separate_values(out);
	appendStringInfoChar(&out->text, '"');
	appendBinaryStringInfo(&out->text, text, TC_UUID_TEXT_LEN);
	appendStringInfoChar(&out->text, '"');
}

/* Writes a date as "2023-02-15".  value: of the years 1 to 9999. */
void
json_write_date(JsonWriter *out, DateADT value)
{
	int			year;
	int			month;
	int			day;

	separate_values(out);
	j2date(value + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	appendStringInfo(&out->text, "\"%04d-%02d-%02d\"", year, month, day);
}

/*
 * Writes a time as "2023-01-15T10:30:00Z", with microseconds when there are any.
 * value: finite.
 */
void
json_write_timestamp(JsonWriter *out, TimestampTz value)
{
	struct pg_tm tm;
	fsec_t		microseconds;

	if (timestamp2tm(value, NULL, &tm, &microseconds, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));

	separate_values(out);
	appendStringInfo(&out->text, "\"%04d-%02d-%02dT%02d:%02d:%02d",
					 tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (microseconds != 0)
		appendStringInfo(&out->text, ".%06d", microseconds);
	appendStringInfoString(&out->text, "Z\"");
}
