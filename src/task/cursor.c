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

#include "common/base64.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "base/compat.h"
#include "task/cursor.h"
#include "task/field.h"

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

/* Turns base64 into base64url in place. */
static void
make_url_safe(char *text)
{
	for (char *c = text; *c != '\0'; c++)
	{
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
}

/*
 * Decodes base64url.  bytes: room for MAX_SIZE + 3.  Returns how many there are, or -1
 * if it is malformed.
 */
static int
decode(const char *text, char *bytes)
{
	size_t		length = strlen(text);
	char	   *padded;
	int			size;

	if (length > (size_t) (MAX_SIZE + 2) / 3 * 4)
		return -1;
	padded = palloc(length + 4);
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '+' || text[i] == '/' || text[i] == '=')
			return -1;
		padded[i] = text[i];
		if (text[i] == '-')
			padded[i] = '+';
		else if (text[i] == '_')
			padded[i] = '/';
	}
	while (length % 4 != 0)
		padded[length++] = '=';
	size = tc_b64_decode(padded, (int) length, bytes, MAX_SIZE + 3);
	pfree(padded);
	return size;
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
		default:
			return false;
	}
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
	int			size;

	cursor->given = true;
	if (strcmp(text, START) == 0)
		return CURSOR_VALID;

	bytes = palloc(MAX_SIZE + 4);
	size = decode(text, bytes);
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
		default:
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
	int			size;

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, VERSION);
	append_uint64(&bytes, filter_fingerprint(filters));
	appendStringInfoChar(&bytes, key_is_null ? 1 : 0);
	appendBinaryStringInfo(&bytes, (char *) DatumGetUUIDP(get_field(tuple, desc, TASK_ID, &isnull))->data, UUID_LEN);
	append_uint64(&bytes, (uint64) DatumGetTimestampTz(get_field(tuple, desc, TASK_CREATED_ON, &isnull)));
	if (filters->ordering != TASK_CREATED_ON && !key_is_null)
		append_key(&bytes, &task_fields[filters->ordering], key);

	size = pg_b64_enc_len(bytes.len);
	text = palloc(size + 1);
	size = tc_b64_encode(bytes.data, bytes.len, text, size);
	if (size < 0)
		elog(ERROR, "could not encode a cursor");
	text[size] = '\0';
	make_url_safe(text);
	return text;
}
