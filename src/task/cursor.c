/*
 * cursor.c
 *		The text that stands for a place in a list.
 *
 * A cursor holds what the list is ordered by of one row: the values of the ordering's
 * keys, created_on and id.  The next page begins behind that row, whether it still exists or
 * not, so that nothing is skipped or shown twice when rows come and go meanwhile.  It
 * is no secret and grants nothing: whoever makes one up begins at a place of the list
 * that the filters would have led to anyhow.
 *
 * In base64url (RFC 4648, section 5) without padding:
 *
 *		byte 0			the version of this layout
 *		bytes 1-8		filter_fingerprint()
 *		byte 9			which of the ordering's keys are NULL, as bits
 *		bytes 10-25		id
 *		bytes 26-33		created_on
 *		the rest		the values of the keys, but of created_on and those that are
 *						NULL: times and dates as 8 bytes, others as their length in 2
 *						bytes and their text
 */
#include "postgres.h"

#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "task/cursor.h"
#include "task/field.h"
#include "wire/base64url.h"

#define START "start"
#define VERSION 1
#define HEAD_SIZE 34
/* One of the keys is a title at most, of up to four bytes a character. */
#define MAX_TITLE_SIZE (255 * MAX_MULTIBYTE_CHAR_LEN)
/* Any other: a date, a time, or a label with its length. */
#define MAX_OTHER_SIZE 32
#define MAX_SIZE (HEAD_SIZE + 2 + MAX_TITLE_SIZE + (ORDER_MAX_KEYS - 1) * MAX_OTHER_SIZE)

/* The bytes of a cursor that are not read yet. */
typedef struct CursorRest
{
	char	   *bytes;
	int			size;
} CursorRest;

static void
append_uint64(StringInfo bytes, uint64 value)
{
	value = pg_hton64(value);
	appendBinaryStringInfo(bytes, (const char *) &value, sizeof(value));
}

static uint64
get_uint64(const char *bytes)
{
	uint64		value;

	memcpy(&value, bytes, sizeof(value));
	return pg_ntoh64(value);
}

/* Takes bytes off the rest; NULL when there are fewer. */
static char *
take(CursorRest *rest, int size)
{
	char	   *bytes = rest->bytes;

	if (rest->size < size)
		return NULL;
	rest->bytes += size;
	rest->size -= size;
	return bytes;
}

/* Takes a text off the rest; NULL when there is none. */
static char *
take_text(CursorRest *rest)
{
	const char *size = take(rest, 2);
	char	   *bytes;
	int			length;

	if (size == NULL)
		return NULL;
	length = (unsigned char) size[0] << 8 | (unsigned char) size[1];
	bytes = take(rest, length);
	if (bytes == NULL || memchr(bytes, '\0', length) != NULL || !pg_verifymbstr(bytes, length, true))
		return NULL;
	return pnstrdup(bytes, length);
}

/* Reads the value of a key that is a label. */
static bool
read_label(Datum *value, const LabelSet *labels, CursorRest *rest)
{
	char	   *text = take_text(rest);
	int			label = text == NULL ? -1 : label_find(labels, text);

	if (label < 0)
		return false;
	*value = CStringGetTextDatum(labels->labels[label]);
	return true;
}

/*
 * Reads the value of a key out of a cursor.  Returns false when the bytes are none.
 */
static bool
read_key(Datum *value, const TaskField *field, CursorRest *rest)
{
	char	   *bytes;

	switch (field->kind)
	{
		case FIELD_TIMESTAMP:
		case FIELD_DATE:
			bytes = take(rest, sizeof(uint64));
			if (bytes == NULL)
				return false;
			if (field->kind == FIELD_DATE)
				*value = DateADTGetDatum((DateADT) get_uint64(bytes));
			else
				*value = TimestampTzGetDatum((TimestampTz) get_uint64(bytes));
			return true;
		case FIELD_LABEL:
			return read_label(value, field->labels, rest);
		case FIELD_TEXT:
			bytes = take_text(rest);
			if (bytes == NULL)
				return false;
			*value = CStringGetTextDatum(bytes);
			return true;
		case FIELD_UUID:
		case FIELD_INTEGER:
		case FIELD_LINKS:
		case FIELD_ORG:
			break;
	}
	return false;
}

/*
 * Reads the values of the keys.  nulls: which of them are NULL, as bits.  Returns false
 * when the bytes are none of this ordering.
 */
static bool
read_keys(TaskCursor *cursor, const TaskOrder *order, uint8 nulls, CursorRest *rest)
{
	if (nulls >> order->count != 0)
		return false;
	for (int i = 0; i < order->count; i++)
	{
		const TaskField *field = &task_fields[order->keys[i].field];

		cursor->is_null[i] = (nulls >> i & 1) != 0;
		if (cursor->is_null[i])
		{
			if (!field->order_nulls)
				return false;
		}
		else if (order->keys[i].field != TASK_CREATED_ON && !read_key(&cursor->keys[i], field, rest))
			return false;
	}
	return rest->size == 0;
}

/*
 * Reads a cursor that was sent into filters, all else of which has been read.  text:
 * "start", or what cursor_write() made.  Returns whether it is one, and of this list.
 */
CursorValidity
cursor_read(TaskFilters *filters, const char *text)
{
	TaskCursor *cursor = &filters->cursor;
	CursorRest	rest;
	char	   *bytes;
	size_t		length;
	int			size;

	cursor->given = true;
	if (strcmp(text, START) == 0)
		return CURSOR_VALID;

	length = strlen(text);
	if (length > BASE64URL_TEXT_SIZE(MAX_SIZE))
		return CURSOR_MALFORMED;
	bytes = palloc(BASE64URL_BYTES_SIZE(length) + 1);
	size = base64url_decode(text, length, (uint8 *) bytes);
	if (size < HEAD_SIZE || bytes[0] != VERSION)
		return CURSOR_MALFORMED;
	if (get_uint64(bytes + 1) != filter_fingerprint(filters))
		return CURSOR_FOREIGN;

	cursor->has_row = true;
	memcpy(cursor->id.data, bytes + 10, UUID_LEN);
	cursor->created_on = (TimestampTz) get_uint64(bytes + 26);
	rest.bytes = bytes + HEAD_SIZE;
	rest.size = size - HEAD_SIZE;
	return read_keys(cursor, &filters->order, (uint8) bytes[9], &rest) ? CURSOR_VALID : CURSOR_MALFORMED;
}

static void
append_key(StringInfo bytes, const TaskField *field, Datum value)
{
	char	   *string;
	size_t		length;

	switch (field->kind)
	{
		case FIELD_TIMESTAMP:
			append_uint64(bytes, (uint64) DatumGetTimestampTz(value));
			break;
		case FIELD_DATE:
			append_uint64(bytes, (uint64) (int64) DatumGetDateADT(value));
			break;
		case FIELD_LABEL:
		case FIELD_TEXT:
			string = TextDatumGetCString(value);
			length = strlen(string);
			Assert(length <= MAX_TITLE_SIZE);
			appendStringInfoChar(bytes, (char) (length >> 8));
			appendStringInfoChar(bytes, (char) (length & 0xFF));
			appendStringInfoString(bytes, string);
			break;
		case FIELD_UUID:
		case FIELD_INTEGER:
		case FIELD_LINKS:
		case FIELD_ORG:
			elog(ERROR, "field \"%s\" has no place in a cursor", field->key);
	}
}

static Datum
get_field(HeapTuple tuple, TupleDesc desc, int field, bool *isnull)
{
	return SPI_getbinval(tuple, desc, task_field_column(field), isnull);
}

/*
 * The cursor behind a row of a list, palloc'ed.  tuple, desc: a row with the columns of
 * task_field_select_list().
 */
char *
cursor_write(const TaskFilters *filters, HeapTuple tuple, TupleDesc desc)
{
	const TaskOrder *order = &filters->order;
	StringInfoData bytes;
	StringInfoData keys;
	uint8		nulls = 0;
	bool		isnull;
	char	   *text;

	initStringInfo(&keys);
	for (int i = 0; i < order->count; i++)
	{
		Datum		value = get_field(tuple, desc, order->keys[i].field, &isnull);

		if (isnull)
			nulls |= (uint8) (1 << i);
		else if (order->keys[i].field != TASK_CREATED_ON)
			append_key(&keys, &task_fields[order->keys[i].field], value);
	}

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, VERSION);
	append_uint64(&bytes, filter_fingerprint(filters));
	appendStringInfoChar(&bytes, (char) nulls);
	appendBinaryStringInfo(&bytes, (char *) DatumGetUUIDP(get_field(tuple, desc, TASK_ID, &isnull))->data, UUID_LEN);
	append_uint64(&bytes, (uint64) DatumGetTimestampTz(get_field(tuple, desc, TASK_CREATED_ON, &isnull)));
	appendBinaryStringInfo(&bytes, keys.data, keys.len);

	text = palloc(BASE64URL_TEXT_SIZE(bytes.len) + 1);
	text[base64url_encode((const uint8 *) bytes.data, bytes.len, text)] = '\0';
	return text;
}
