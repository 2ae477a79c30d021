/*
 * fuzz_base64url.c
 *		base64url: each decodable input has only one text, and every byte string is decoded as
 *		it was encoded.
 *
 * links: src/wire/base64url.c
 */
#include "postgres.h"

#include "wire/base64url.h"

int			LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	/* A buffer of exactly the required size, so that an overrun is detected. */
	uint8	   *bytes = malloc(BASE64URL_BYTES_SIZE(size) + (size == 0));
	int			decoded = base64url_decode((const char *) data, size, bytes);
	char	   *text;
	uint8	   *back;
	size_t		length;

	if (decoded >= 0)
	{
		text = malloc(BASE64URL_TEXT_SIZE((size_t) decoded) + 1);
		length = base64url_encode(bytes, (size_t) decoded, text);
		if (length != size || memcmp(text, data, size) != 0)
			abort();
		free(text);
	}
	free(bytes);

	text = malloc(BASE64URL_TEXT_SIZE(size) + (size == 0));
	length = base64url_encode(data, size, text);
	back = malloc(BASE64URL_BYTES_SIZE(length) + (length == 0));
	if (length > BASE64URL_TEXT_SIZE(size) ||
		base64url_decode(text, length, back) != (int) size || memcmp(back, data, size) != 0)
		abort();
	free(back);
	free(text);
	return 0;
}
