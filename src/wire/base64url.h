/*
 * base64url.h
 *		base64url (RFC 4648, section 5) without padding.
 */
#ifndef TASKCRM_BASE64URL_H
#define TASKCRM_BASE64URL_H

/*
 * The size of the text for that many bytes, and of the bytes for a text of that length.
 */
#define BASE64URL_TEXT_SIZE(bytes) (((bytes) * 4 + 2) / 3)
#define BASE64URL_BYTES_SIZE(length) ((length) * 3 / 4)

extern size_t base64url_encode(const uint8 *bytes, size_t size, char *text);
extern int	base64url_decode(const char *text, size_t length, uint8 *bytes);

#endif
