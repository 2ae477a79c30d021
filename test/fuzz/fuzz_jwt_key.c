/*
 * fuzz_jwt_key.c
 *		Keys of tokens: an accepted key can be used for verification, and verifies no invalid
 *		signature.
 *
 * links: src/identity/jwt_key.c src/identity/signature.c src/wire/base64url.c src/wire/json_scan.c -lcrypto
 */
#include "postgres.h"

#include "identity/jwt_key.h"

int			LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	static const char *const names[] = {"HS256", "RS256", "ES256", "EdDSA"};
	static const uint8 signature[64] = {1};
	uint8	   *bytes;
	char	   *text;
	size_t		key_size = 0;
	SignatureAlg alg;
	JwkHead		head;

	if (size == 0)
		return 0;
	alg = (SignatureAlg) (data[0] % 4);
	bytes = malloc(JWT_KEY_MAX_SIZE);
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	if (jwt_key_read(alg, names[alg], "kid", text, size - 1, bytes, &key_size) == NULL)
	{
		SignatureKey key = {bytes, key_size};

		if (key_size == 0 || key_size > JWT_KEY_MAX_SIZE || signature_check_key(alg, key) != NULL)
			abort();
		if (signature_verify(alg, key, "text", 4, signature, alg == SIGNATURE_HS256 ? 32 : sizeof(signature)))
			abort();
	}
	(void) jwt_key_is_set(text, size - 1);
	if (jwt_key_head(text, size - 1, &head) == NULL && head.alg_name == NULL)
		abort();
	free(text);
	free(bytes);
	return 0;
}
