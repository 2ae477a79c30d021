/*
 * base64url.c
 *		base64url (RFC 4648, section 5) without padding.
 *
 * Strict: each sequence of bytes has exactly one text, so that a signed text cannot be
 * changed into another with the same meaning.  Does not depend on the server.
 */
#include "postgres.h"

#include <limits.h>

#include "wire/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Returns the six bits that a character encodes, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

/*
 * Encodes bytes as text, which is not terminated.  text: room for
 * BASE64URL_TEXT_SIZE(size).  Returns the length of the text.
 */
size_t
base64url_encode(const uint8 *bytes, size_t size, char *text)
{
	uint32		bits = 0;
	int			count = 0;		/* of the bits not written yet */
	char	   *to = text;

	for (size_t i = 0; i < size; i++)
	{
		bits = (bits << 8) | bytes[i];
		for (count += 8; count >= 6; count -= 6)
			*to++ = alphabet[(bits >> (count - 6)) & 63];
	}
	if (count > 0)
		*to++ = alphabet[(bits << (6 - count)) & 63];
	return to - text;
}

/*
 * Decodes text.  length: at most INT_MAX; bytes: room for BASE64URL_BYTES_SIZE(length).
 * Returns the number of bytes, or -1 for anything that base64url_encode() does not
 * produce.
 */
int
base64url_decode(const char *text, size_t length, uint8 *bytes)
{
	uint32		bits = 0;
	int			count = 0;		/* of the bits not stored yet */
	uint8	   *to = bytes;

	if (length > INT_MAX || length % 4 == 1)
		return -1;
	for (size_t i = 0; i < length; i++)
	{
		int			value = value_of(text[i]);

		if (value < 0)
			return -1;
		bits = (bits << 6) | (uint32) value;
		count += 6;
		if (count >= 8)
		{
			count -= 8;
			*to++ = (uint8) (bits >> count);
		}
	}
	/* Bits after the last byte. */
	if ((bits & ((1U << count) - 1)) != 0)
		return -1;
	return (int) (to - bytes);
}
