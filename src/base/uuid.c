/*
 * uuid.c
 *		Reads, writes, compares and generates uuids.
 *
 * The server's uuid_in raises an error for invalid input (soft errors exist only since
 * 16), which must not happen when an identity is read; so there is a parser that returns
 * false instead.
 */
#include "postgres.h"

#include <time.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/uuid.h"

PG_FUNCTION_INFO_V1(tc_uuidv7);

/* From 1970 to the epoch of timestamps. */
#define UNIX_EPOCH (((TimestampTz) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)) * USECS_PER_DAY)

static int
uuid_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Reads a uuid in its canonical form, 8-4-4-4-12 hexadecimal digits of either case.
 * text: NUL-terminated, not NULL.  Returns false, and leaves *uuid undefined, for
 * anything else.  Never raises an error.
 */
bool
tc_uuid_parse(const char *text, pg_uuid_t *uuid)
{
	for (int i = 0; i < UUID_LEN; i++)
	{
		int			high;
		int			low;

		if (i == 4 || i == 6 || i == 8 || i == 10)
		{
			if (*text++ != '-')
				return false;
		}
		high = uuid_hex_value(text[0]);
		if (high < 0)
			return false;
		low = uuid_hex_value(text[1]);
		if (low < 0)
			return false;
		uuid->data[i] = (unsigned char) (high << 4 | low);
		text += 2;
	}
	return *text == '\0';
}

/*
 * Writes a uuid in its canonical form, lower case.  text: room for
 * TC_UUID_TEXT_LEN + 1 bytes; NUL-terminated on return.  Never raises.
 */
void
tc_uuid_format(const pg_uuid_t *uuid, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[uuid->data[i] >> 4];
		*text++ = digits[uuid->data[i] & 0x0F];
	}
	*text = '\0';
}

/*
 * Compares two uuids as the server's type does.  Returns less than, equal to or
 * more than 0.  Never raises.
 */
int
tc_uuid_compare(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN);
}

/*
 * Returns an array of uuids, palloc'ed.  uuids: none of them NULL; may be NULL for none.
 */
ArrayType *
tc_uuid_array(Datum *uuids, int count)
{
	return construct_array(uuids, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
}

/* A random part of 8 bytes. */
#define RANDOM_LEN (UUID_LEN - 8)

/*
 * Sets the random part of a uuid, from the server's cryptographic source.  Bytes for many are
 * read at a time: each call of the source takes longer than the bytes do.
 */
static void
set_random_part(pg_uuid_t *uuid)
{
	static unsigned char bytes[64 * RANDOM_LEN];
	static Size used = sizeof(bytes);

	if (used == sizeof(bytes))
	{
		if (!pg_strong_random(bytes, sizeof(bytes)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random values")));
		used = 0;
	}
	memcpy(uuid->data + 8, bytes + used, RANDOM_LEN);
	memset(bytes + used, 0, RANDOM_LEN);
	used += RANDOM_LEN;
}

/*
 * Sets a uuid of version 7, as in RFC 9562, section 5.7, with the 12 bits of rand_a used for
 * fractions of a millisecond (section 6.2, method 3).  ticks: the time in units of 1/4096
 * millisecond since 1970.
 */
static void
make_at(uint64 ticks, pg_uuid_t *uuid)
{
	set_random_part(uuid);
	for (int i = 0; i < 6; i++)
		uuid->data[i] = (unsigned char) (ticks >> (12 + 8 * (5 - i)));
	uuid->data[6] = (unsigned char) (0x70 | ((ticks >> 8) & 0x0F));
	uuid->data[7] = (unsigned char) ticks;
	uuid->data[8] = (unsigned char) (0x80 | (uuid->data[8] & 0x3F));
}

/* Generates a uuid of version 7.  Those of one backend ascend. */
void
tc_uuid_make(pg_uuid_t *uuid)
{
	static uint64 last = 0;
	struct timespec now;
	uint64		ticks;

	clock_gettime(CLOCK_REALTIME, &now);
	ticks = ((uint64) now.tv_sec * 1000 + (uint64) (now.tv_nsec / 1000000)) << 12;
	ticks |= ((uint64) (now.tv_nsec % 1000000) << 12) / 1000000;
	last = Max(ticks, last + 1);
	make_at(last, uuid);
}

/* Generates a uuid of version 7 of a time after 1970.  Those of different microseconds are in their order. */
void
tc_uuid_make_at(TimestampTz time, pg_uuid_t *uuid)
{
	uint64		microseconds = (uint64) (time + UNIX_EPOCH);

	make_at((microseconds / 1000) << 12 | ((microseconds % 1000) << 12) / 1000, uuid);
}

/*
 * Sets the first uuid of version 7 that can be made at a time, which may be infinite: all that
 * were made before it are less.
 */
void
tc_uuid_first_at(TimestampTz time, pg_uuid_t *uuid)
{
	/* They are 48 bits, and so end before timestamps do. */
	const int64 end = INT64CONST(1) << 48;
	int64		milliseconds = time < -UNIX_EPOCH ? 0 : time / 1000 + UNIX_EPOCH / 1000;

	memset(uuid, 0, sizeof(*uuid));
	if (milliseconds >= end)
		memset(uuid, 0xFF, sizeof(*uuid));
	for (int i = 0; i < 6 && milliseconds < end; i++)
		uuid->data[i] = (unsigned char) (milliseconds >> (8 * (5 - i)));
}

/*
 * tc_uuidv7() returns uuid
 */
Datum
tc_uuidv7(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	tc_uuid_make(uuid);
	PG_RETURN_UUID_P(uuid);
}

/* Returns whether all bytes are zero. */
bool
tc_uuid_is_nil(const pg_uuid_t *uuid)
{
	static const pg_uuid_t nil = {{0}};

	return tc_uuid_compare(uuid, &nil) == 0;
}
