/*
 * fuzz_uri.c
 *		Any bytes as a query string.
 *
 * links: src/wire/uri_read.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/uri_read.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

/* Decoded text that is encoded in full and decoded again is the same. */
static void
check_round_trip(const char *decoded)
{
	size_t		length = strlen(decoded);
	char	   *encoded = malloc(length * 3 + 1);
	char	   *again = malloc(length * 3 + 1);

	encoded[0] = '\0';
	for (size_t i = 0; i < length; i++)
		sprintf(encoded + i * 3, "%%%02x", (unsigned char) decoded[i]);
	REQUIRE(uri_decode(encoded, length * 3, true, again));
	REQUIRE(strcmp(decoded, again) == 0);
	free(encoded);
	free(again);
}

static void
check_part(const char *part, size_t length)
{
	char	   *decoded = malloc(length + 1);

	for (int plus_is_space = 0; plus_is_space < 2; plus_is_space++)
	{
		if (!uri_decode(part, length, plus_is_space, decoded))
			continue;
		REQUIRE(strlen(decoded) <= length);
		check_round_trip(decoded);
	}
	free(decoded);
}

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const char *last = text;
	UriQuery	query;
	UriParameter parameter;

	uri_query_begin(&query, text, size);
	while (uri_query_next(&query, &parameter))
	{
		REQUIRE(parameter.name >= last);
		REQUIRE(memchr(parameter.name, '=', parameter.name_length) == NULL);
		REQUIRE(memchr(parameter.value, '&', parameter.value_length) == NULL);
		last = parameter.value + parameter.value_length;
		REQUIRE(last <= text + size);
		check_part(parameter.name, parameter.name_length);
		check_part(parameter.value, parameter.value_length);
	}
	return 0;
}
