/*
 * value_message.c
 *		Values as bytes, for a call on another node.
 *
 * Both nodes run the same version of the extension, and know the types from the function
 * that is called.  Bytes and texts travel as they are: nothing is escaped.  Other types
 * travel in their binary form, which depends on no setting.  Only that of jsonb is a text,
 * which the server would convert to the client's encoding; it travels in its text form.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "db/value_message.h"

#define NULL_LENGTH ((int32) -1)

/* Begins a message.  Allocated in the current memory context. */
void
value_message_begin(StringInfo message)
{
	initStringInfo(message);
	appendStringInfoSpaces(message, VARHDRSZ);
}

static void
add_bytes(StringInfo message, const char *bytes, int length)
{
	pq_sendint32(message, length);
	appendBinaryStringInfo(message, bytes, length);
}

static bool
travels_as_it_is(Oid type)
{
	return type == TEXTOID || type == BYTEAOID || type == JSONOID;
}

/* Adds a value.  type: one that an argument or a result of the API has. */
void
value_message_add(StringInfo message, Oid type, NullableDatum value)
{
	Oid			base = getBaseType(type);
	Oid			function;
	bool		is_varlena;
	bytea	   *bytes;

	if (value.isnull)
	{
		pq_sendint32(message, NULL_LENGTH);
		return;
	}
	if (base == JSONBOID)
	{
		char	   *text = OidOutputFunctionCall(F_JSONB_OUT, value.value);

		add_bytes(message, text, (int) strlen(text));
		return;
	}
	if (travels_as_it_is(base))
		bytes = DatumGetByteaPP(value.value);
	else
	{
		getTypeBinaryOutputInfo(base, &function, &is_varlena);
		bytes = OidSendFunctionCall(function, value.value);
	}
	add_bytes(message, VARDATA_ANY(bytes), (int) VARSIZE_ANY_EXHDR(bytes));
}

/* Adds a text.  text: NULL for NULL. */
void
value_message_add_text(StringInfo message, const char *text)
{
	if (text == NULL)
		pq_sendint32(message, NULL_LENGTH);
	else
		add_bytes(message, text, (int) strlen(text));
}

/* Returns the message, which takes the memory of the argument. */
bytea *
value_message_end(StringInfo message)
{
	bytea	   *bytes = (bytea *) message->data;

	SET_VARSIZE(bytes, message->len);
	return bytes;
}

/* Begins to read a message.  bytes: not copied. */
void
value_message_open(StringInfo message, bytea *bytes)
{
	message->data = VARDATA_ANY(bytes);
	message->len = (int) VARSIZE_ANY_EXHDR(bytes);
	message->maxlen = message->len;
	message->cursor = 0;
}

/* Reads the next value as bytes.  Returns NULL for NULL. */
static const char *
get_bytes(StringInfo message, int *length)
{
	*length = (int) pq_getmsgint(message, 4);
	if (*length == NULL_LENGTH)
		return NULL;
	return pq_getmsgbytes(message, *length);
}

/* Reads a value in binary form; the function wants a buffer that ends with a NUL. */
static Datum
receive_value(Oid type, const char *bytes, int length)
{
	StringInfoData buffer;
	Oid			function;
	Oid			parameter;

	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, bytes, length);
	getTypeBinaryInputInfo(type, &function, &parameter);
	return OidReceiveFunctionCall(function, &buffer, parameter, -1);
}

/*
 * Returns the next value.  type: as it was for value_message_add().  Raises an error for a
 * message that is too short.
 */
NullableDatum
value_message_get(StringInfo message, Oid type)
{
	Oid			base = getBaseType(type);
	int			length;
	const char *bytes = get_bytes(message, &length);
	NullableDatum value;

	value.value = (Datum) 0;
	value.isnull = bytes == NULL;
	if (value.isnull)
		return value;
	if (base == JSONBOID)
		value.value = OidInputFunctionCall(F_JSONB_IN, pnstrdup(bytes, length), InvalidOid, -1);
	else if (travels_as_it_is(base))
		value.value = PointerGetDatum(cstring_to_text_with_len(bytes, length));
	else
		value.value = receive_value(base, bytes, length);
	return value;
}

/* Returns the next value, a text, palloc'ed, or NULL. */
char *
value_message_get_text(StringInfo message)
{
	int			length;
	const char *bytes = get_bytes(message, &length);

	return bytes == NULL ? NULL : pnstrdup(bytes, length);
}
