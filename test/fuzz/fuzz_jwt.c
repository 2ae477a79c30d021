/*
 * fuzz_jwt.c
 *		Parsing a token: unchanged input, and a header and claims that are encoded here, since
 *		few mutations of base64url are JSON.
 *
 * links: src/identity/jwt.c src/wire/base64url.c src/wire/json_scan.c
 */
#include "postgres.h"

#include <math.h>

#include "identity/jwt.h"
#include "wire/base64url.h"

int			LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

static const JwtWanted wanted = {"sub", "org_id", "crm"};

static void
take_apart(const char *token, size_t length)
{
	char	   *buffer = malloc(JWT_BUFFER_SIZE(length));
	Jwt			jwt;
	JwtClaims	claims;

	if (jwt_split(token, length, buffer, &jwt))
	{
		if (jwt.signed_text != token || jwt.signed_length >= length || jwt.alg == NULL ||
			jwt.rest + jwt.claims_length + 1 > buffer + JWT_BUFFER_SIZE(length))
			abort();
		if (jwt_read_claims(&jwt, &wanted, &claims) == JWT_FAULT_NONE && claims.has_exp && !isfinite(claims.exp))
			abort();
	}
	free(buffer);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char	   *token = malloc(size + (size == 0));
	const uint8 *end = memchr(data, '\n', size);
	size_t		header;
	size_t		length;

	memcpy(token, data, size);
	take_apart(token, size);
	free(token);
	if (end == NULL)
		return 0;

	/* The first line is the header, the rest the claims. */
	header = (size_t) (end - data);
	token = malloc(BASE64URL_TEXT_SIZE(size) + 10);
	length = base64url_encode(data, header, token);
	token[length++] = '.';
	length += base64url_encode(end + 1, size - header - 1, token + length);
	memcpy(token + length, ".AAAA", 5);
	take_apart(token, length + 5);
	free(token);
	return 0;
}
