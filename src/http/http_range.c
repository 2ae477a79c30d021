/*
 * http_range.c
 *		The part of a file that a request asks for (RFC 9110, section 14).
 *
 *		Range: bytes=0-499		the first 500 bytes
 *		Range: bytes=500-		all but these
 *		Range: bytes=-500		the last 500 bytes
 *
 * A server may ignore the header.  It is ignored where it is not well-formed, as it must be,
 * and where it asks for several parts: the answer is the whole file.
 */
#include "postgres.h"

#include "http/http_range.h"

#define UNIT "bytes="

/* Digits of any number that matters; what has more is larger than every file. */
#define MAX_DIGITS 18

/* Reads digits, which may be none: -1.  Moves *at behind them. */
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

/* If-Range: the part is only good for who has other parts of the same file. */
static bool
is_of_same(const HttpRequest *request, const char *etag)
{
	const char *header = http_request_header(request, "if-range");

	return header == NULL || strcmp(header, etag) == 0;
}

/*
 * Which part of a file a request asks for.  etag, size: of the file.  With RANGE_PART,
 * *first is the place of its first byte and *count how many there are, at least 1.
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
