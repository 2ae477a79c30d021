/*
 * http_range.c
 *		The requested part of a file (RFC 9110, section 14).
 *
 *		Range: bytes=0-499		the first 500 bytes
 *		Range: bytes=500-		everything after them
 *		Range: bytes=-500		the last 500 bytes
 *
 * A server may ignore the header.  It is ignored if it is malformed, as RFC 9110
 * requires, and if it asks for several parts: the answer is the whole file.
 */
#include "postgres.h"

#include "http/http_range.h"

#define UNIT "bytes="

/* Enough digits for any file size; a longer number is larger than every file. */
#define MAX_DIGITS 18

/* Reads digits; returns -1 if there are none.  Moves *at past them. */
static int64
read_number(const char **at)
{
	size_t		digits = strspn(*at, "0123456789");
	int64		value = 0;

	if (digits == 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		value = i < MAX_DIGITS ? value * 10 + ((*at)[i] - '0') : PG_INT64_MAX;
	*at += digits;
	return value;
}

/*
 * If-Range: a part is only useful to a client that has other parts of the same version.
 */
static bool
is_of_same(const HttpRequest *request, const char *etag)
{
	const char *header = http_request_header(request, "if-range");

	return header == NULL || strcmp(header, etag) == 0;
}

/*
 * Finds the part of a file that a request asks for.  etag, size: of the file.  With
 * RANGE_PART, *first is the offset of its first byte and *count its size, at least 1.
 */
RangeKind
http_range_find(const HttpRequest *request, const char *etag, int64 size, int64 *first, int64 *count)
{
	const char *at = http_request_header(request, "range");
	int64		from;
	int64		to;

	if (at == NULL || strcmp(request->method, "GET") != 0 ||
		pg_strncasecmp(at, UNIT, strlen(UNIT)) != 0 || !is_of_same(request, etag))
		return RANGE_WHOLE;
	at += strlen(UNIT);
	at += strspn(at, " \t");
	from = read_number(&at);
	if (*at++ != '-')
		return RANGE_WHOLE;
	to = read_number(&at);
	if (at[strspn(at, " \t")] != '\0' || (from < 0 && to < 0) || (from >= 0 && to >= 0 && to < from))
		return RANGE_WHOLE;

	if (from < 0)
	{
		from = Max(size - to, 0);
		to = to == 0 ? -1 : size - 1;
	}
	else if (to < 0 || to >= size)
		to = size - 1;
	if (from > to)
		return RANGE_UNSATISFIABLE;
	*first = from;
	*count = to - from + 1;
	return RANGE_PART;
}
