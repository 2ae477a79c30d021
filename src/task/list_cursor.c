/*
 * list_cursor.c
 *		The text that encodes a position in a list.
 *
 * A cursor contains the values of one row that determine its place in the order: those of
 * the ordering's keys, created_on and id.  The next page begins after that position,
 * whether the row still exists or not, so no task is skipped or repeated when others are
 * added or deleted in the meantime.  A cursor is not a secret and grants nothing: a
 * forged one only begins at another position of the list that the caller can read anyway.
 *
 * It is encoded in base64url (RFC 4648, section 5) without padding:
 *
 *		byte 0			the version of this layout
 *		bytes 1-8		list_filter_fingerprint()
 *		byte 9			a bit for each key of the ordering that is NULL
 *		bytes 10-25		id
 *		bytes 26-33		created_on
 *		the rest		the values of the keys, except created_on and NULLs: as the
 *						types of the fields pack them
 */
#include "postgres.h"

#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "search/search_rank.h"
#include "task/list_cursor.h"
#include "task/task_fields.h"
#include "wire/base64url.h"

#define VERSION 1
#define HEAD_SIZE 34
#define MAX_SIZE (HEAD_SIZE + ORDER_MAX_KEYS * PACK_MAX_SIZE)

/*
 * Reads the values of the keys.  nulls: a bit for each that is NULL.  Returns false if
 * the bytes do not match this ordering.
 */
static bool
read_keys(TaskCursor *cursor, const TaskOrder *order, uint8 nulls, PackedBytes *rest)
{
	if (nulls >> order->count != 0)
		return false;
	for (int i = 0; i < order->count; i++)
	{
		const TaskField *field = list_order_field(order->keys[i].field);

		cursor->is_null[i] = (nulls >> i & 1) != 0;
		if (cursor->is_null[i])
		{
			if (!field->order_nulls)
				return false;
		}
		else if (order->keys[i].field != TASK_CREATED_ON && !field->type->unpack(field, rest, &cursor->keys[i]))
			return false;
	}
	return rest->size == 0;
}

/*
 * Reads a cursor from a request.  order: of the list; fingerprint: of everything else
 * that decides which tasks are listed; text: "start", or the result of
 * list_cursor_write().  Returns whether it is a cursor of this list.
 */
CursorValidity
list_cursor_read(TaskCursor *cursor, const TaskOrder *order, uint64 fingerprint, const char *text)
{
	PackedBytes rest;
	uint64		found;
	uint64		created_on;
	uint8		nulls;
	char	   *bytes;
	size_t		length;
	int			size;

	cursor->given = true;
	if (strcmp(text, LIST_CURSOR_START) == 0)
		return CURSOR_VALID;

	length = strlen(text);
	if (length > BASE64URL_TEXT_SIZE(MAX_SIZE))
		return CURSOR_MALFORMED;
	bytes = palloc(BASE64URL_BYTES_SIZE(length) + 1);
	size = base64url_decode(text, length, (uint8 *) bytes);
	if (size < HEAD_SIZE || bytes[0] != VERSION)
		return CURSOR_MALFORMED;
	rest.bytes = bytes + 1;
	rest.size = size - 1;
	(void) unpack_uint64(&rest, &found);
	if (found != fingerprint)
		return CURSOR_FOREIGN;

	cursor->has_row = true;
	nulls = (uint8) *unpack_bytes(&rest, 1);
	memcpy(cursor->id.data, unpack_bytes(&rest, UUID_LEN), UUID_LEN);
	(void) unpack_uint64(&rest, &created_on);
	cursor->created_on = (TimestampTz) created_on;
	return read_keys(cursor, order, nulls, &rest) ? CURSOR_VALID : CURSOR_MALFORMED;
}

static Datum
get_field(HeapTuple tuple, TupleDesc desc, int field, bool *isnull)
{
	return SPI_getbinval(tuple, desc, task_field_column(field), isnull);
}

/* Returns the value of a key of the order. */
static Datum
get_key(const TaskOrder *order, HeapTuple tuple, TupleDesc desc, int field, bool *isnull)
{
	Datum		title;
	Datum		description;

	if (field != ORDER_RELEVANCE)
		return get_field(tuple, desc, field, isnull);
	title = get_field(tuple, desc, TASK_TITLE, isnull);
	description = get_field(tuple, desc, TASK_DESCRIPTION, isnull);
	title = Int32GetDatum(search_rank(DatumGetTextPP(title), *isnull ? NULL : DatumGetTextPP(description),
									  DatumGetTextPP(order->term), order->without_accents));
	*isnull = false;
	return title;
}

/*
 * Returns the cursor for the position after a row of a list, palloc'ed.  order,
 * fingerprint: as for list_cursor_read(); tuple, desc: a row with the columns of
 * task_field_select_list().
 */
char *
list_cursor_write(const TaskOrder *order, uint64 fingerprint, HeapTuple tuple, TupleDesc desc)
{
	StringInfoData bytes;
	StringInfoData keys;
	uint8		nulls = 0;
	bool		isnull;
	char	   *text;

	initStringInfo(&keys);
	for (int i = 0; i < order->count; i++)
	{
		Datum		value = get_key(order, tuple, desc, order->keys[i].field, &isnull);

		if (isnull)
			nulls |= (uint8) (1 << i);
		else if (order->keys[i].field != TASK_CREATED_ON)
			list_order_field(order->keys[i].field)->type->pack(&keys, value);
	}

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, VERSION);
	pack_uint64(&bytes, fingerprint);
	appendStringInfoChar(&bytes, (char) nulls);
	appendBinaryStringInfo(&bytes, (char *) DatumGetUUIDP(get_field(tuple, desc, TASK_ID, &isnull))->data, UUID_LEN);
	pack_uint64(&bytes, (uint64) DatumGetTimestampTz(get_field(tuple, desc, TASK_CREATED_ON, &isnull)));
	appendBinaryStringInfo(&bytes, keys.data, keys.len);

	text = palloc(BASE64URL_TEXT_SIZE(bytes.len) + 1);
	text[base64url_encode((const uint8 *) bytes.data, bytes.len, text)] = '\0';
	return text;
}

/* Raises 22023 for a cursor that is not one of the list. */
void
list_cursor_refuse(const JsonReadKey *key, CursorValidity validity)
{
	if (validity == CURSOR_MALFORMED)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not a cursor.",
						  "Begin with \"start\", and continue with next_cursor of the answer.");
	if (validity == CURSOR_FOREIGN)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  "It belongs to a list with different filters or a different ordering.",
						  "Send the same filters and ordering as before, or begin again with \"start\".");
}
