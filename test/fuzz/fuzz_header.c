/*
 * fuzz_header.c
 *		Any bytes as the value of a header with parameters.
 *
 * links: src/wire/http_header.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/http_header.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	HeaderValue header;
	HeaderResult result;
	char		name[8];
	char		value[16];

	result = header_value_begin(&header, (const char *) data, size, value, sizeof(value));
	while (result == HEADER_FOUND)
	{
		const char *before = header.at;

		REQUIRE(memchr(value, '\0', sizeof(value)) != NULL);
		REQUIRE(strpbrk(value, "\r\n") == NULL);
		result = header_value_next(&header, name, sizeof(name), value, sizeof(value));
		REQUIRE(header.at <= (const char *) data + size);
		if (result != HEADER_FOUND)
			break;
		REQUIRE(header.at > before && name[0] != '\0' && memchr(name, '\0', sizeof(name)) != NULL);
		for (const char *c = name; *c != '\0'; c++)
			REQUIRE(*c < 'A' || *c > 'Z');
	}
	return 0;
}
