/*
 * cursor.c
 *		The text that stands for a place in a list.
 *
 * A cursor holds what the list is ordered by of one row: the ordering's value,
 * created_on and id.  The next page begins behind that row, whether it still exists or
 * not, so that nothing is skipped or shown twice when rows come and go meanwhile.  It
 * is no secret and grants nothing: whoever makes one up begins at a place of the list
 * that the filters would have led to anyhow.
 *
 * In base64url (RFC 4648, section 5) without padding:
 *
 *		byte 0			the version of this layout
 *		bytes 1-8		filter_fingerprint()
 *		byte 9			whether the ordering's value is NULL
 *		bytes 10-25		id
 *		bytes 26-33		created_on
 *		the rest		the ordering's value, unless it is created_on
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
/* The ordering's value is a title at most, of up to four bytes a character. */
#define MAX_KEY_SIZE (255 * MAX_MULTIBYTE_CHAR_LEN)
#define MAX_SIZE (HEAD_SIZE + MAX_KEY_SIZE)

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

/*
 * Reads the ordering's value out of a cursor.  Returns false when the bytes are none.
 */
static bool
read_key(TaskCursor *cursor, const TaskField *field, char *bytes, int size)
{
	int			label;

	switch (field->kind)
	{
		case FIELD_TIMESTAMP:
			if (size != sizeof(uint64))
				return false;
			cursor->key = TimestampTzGetDatum((TimestampTz) get_uint64(bytes));
			return true;
		case FIELD_DATE:
			if (size != sizeof(uint64))
				return false;
			cursor->key = DateADTGetDatum((DateADT) get_uint64(bytes));
			return true;
		case FIELD_LABEL:
			label = label_find(field->labels, pnstrdup(bytes, size));
			if (label < 0)
				return false;
			cursor->key = CStringGetTextDatum(field->labels->labels[label]);
			return true;
		case FIELD_TEXT:
			if (memchr(bytes, '\0', size) != NULL || !pg_verifymbstr(bytes, size, true))
				return false;
			cursor->key = PointerGetDatum(cstring_to_text_with_len(bytes, size));
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
 * Reads a cursor that was sent into filters, all else of which has been read.  text:
 * "start", or what cursor_write() made.  Returns whether it is one, and of this list.
 */
CursorValidity
cursor_read(TaskFilters *filters, const char *text)
{
	const TaskField *field = &task_fields[filters->ordering];
	TaskCursor *cursor = &filters->cursor;
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
	if (size < HEAD_SIZE || bytes[0] != VERSION || (bytes[9] != 0 && bytes[9] != 1))
		return CURSOR_MALFORMED;
	if (get_uint64(bytes + 1) != filter_fingerprint(filters))
		return CURSOR_FOREIGN;

	cursor->has_row = true;
	cursor->key_is_null = bytes[9] == 1;
	memcpy(cursor->id.data, bytes + 10, UUID_LEN);
	cursor->created_on = (TimestampTz) get_uint64(bytes + 26);
	if (filters->ordering == TASK_CREATED_ON || (cursor->key_is_null && field->order_nulls))
		return size == HEAD_SIZE ? CURSOR_VALID : CURSOR_MALFORMED;
	if (cursor->key_is_null || !read_key(cursor, field, bytes + HEAD_SIZE, size - HEAD_SIZE))
		return CURSOR_MALFORMED;
	return CURSOR_VALID;
}

static void
append_key(StringInfo bytes, const TaskField *field, Datum value)
{
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
			appendStringInfoString(bytes, TextDatumGetCString(value));
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
	StringInfoData bytes;
	bool		isnull;
	Datum		key = get_field(tuple, desc, filters->ordering, &isnull);
	bool		key_is_null = isnull;
	char	   *text;

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, VERSION);
	append_uint64(&bytes, filter_fingerprint(filters));
	appendStringInfoChar(&bytes, key_is_null ? 1 : 0);
	appendBinaryStringInfo(&bytes, (char *) DatumGetUUIDP(get_field(tuple, desc, TASK_ID, &isnull))->data, UUID_LEN);
	append_uint64(&bytes, (uint64) DatumGetTimestampTz(get_field(tuple, desc, TASK_CREATED_ON, &isnull)));
	if (filters->ordering != TASK_CREATED_ON && !key_is_null)
		append_key(&bytes, &task_fields[filters->ordering], key);

	text = palloc(BASE64URL_TEXT_SIZE(bytes.len) + 1);
	text[base64url_encode((const uint8 *) bytes.data, bytes.len, text)] = '\0';
	return text;
}
