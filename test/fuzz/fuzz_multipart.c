/*
 * fuzz_multipart.c
 *		Any bytes as a form: boundary, NUL, body.
 *
 * links: src/wire/multipart.c src/wire/http_header.c src/wire/uri_read.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/multipart.h"

#define REQUIRE(condition) do { if (!(condition)) abort(); } while (0)

static void
check_part(const MultipartPart *part, const char *body, size_t length)
{
	REQUIRE(memchr(part->name, '\0', sizeof(part->name)) != NULL);
	REQUIRE(memchr(part->file_name, '\0', sizeof(part->file_name)) != NULL);
	REQUIRE(memchr(part->content_type, '\0', sizeof(part->content_type)) != NULL);
	REQUIRE(part->is_file || part->file_name[0] == '\0');
	REQUIRE(part->content >= body && part->length <= length);
	REQUIRE((size_t) (part->content - body) <= length - part->length);
}

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	const char *body;
	const char *last;
	size_t		length;
	Multipart	multipart;
	MultipartPart part;
	MultipartResult result;
	int			parts = 0;

	if (nul == NULL)
		return 0;
	body = last = (const char *) nul + 1;
	length = size - (size_t) (body - (const char *) data);
	if (!multipart_begin(&multipart, body, length, (const char *) data))
		return 0;
	while ((result = multipart_next(&multipart, &part)) == MULTIPART_PART)
	{
		check_part(&part, body, length);
		/* Parts follow one another. */
		REQUIRE(part.content > last);
		last = part.content + part.length;
		REQUIRE(++parts <= MULTIPART_MAX_PARTS);
	}
	/* At the end, the function keeps returning the end. */
	if (result == MULTIPART_END)
		REQUIRE(multipart_next(&multipart, &part) == MULTIPART_END);
	return 0;
}
