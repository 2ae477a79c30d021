/*
 * signature.c
 *		Verifies the signatures of tokens, and signs messages, with OpenSSL.
 *
 * The algorithm is always that of the stored key: a key whose type does not fit its
 * algorithm verifies nothing, and neither does a weak key.  Nothing here raises an error,
 * so no memory of OpenSSL and no entries of its error queue are left behind.
 *
 * Does not depend on the server.
 */
#include "postgres.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "identity/signature.h"

/* Size of each of the two numbers in a P-256 signature (RFC 7518, 3.4). */
#define P256_SIZE ((size_t) 32)
#define MIN_RSA_BITS 2048
/* Verification with larger keys takes too long. */
#define MAX_RSA_BITS 8192

/*
 * Finds an algorithm by its name in a token's header, which is case-sensitive.  Returns
 * false for all others, including "none".
 */
bool
signature_find_alg(const char *name, SignatureAlg *alg)
{
	static const char *const names[] = {"HS256", "RS256", "ES256", "EdDSA"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
		{
			*alg = (SignatureAlg) i;
			return true;
		}
	}
	return false;
}

static const char *
check_rsa(EVP_PKEY *key)
{
	BIGNUM	   *exponent = NULL;
	int			bits = EVP_PKEY_get_bits(key);
	bool		weak;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return "RS256 requires an RSA key.";
	if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)
		return "An RSA key must have 2048 to 8192 bits.";
	/* With an exponent of 1, everything is its own signature. */
	weak = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 ||
		BN_is_one(exponent) || !BN_is_odd(exponent) || BN_num_bits(exponent) > 64;
	BN_free(exponent);
	return weak ? "The public exponent of the RSA key is not valid." : NULL;
}

static const char *
check_p256(EVP_PKEY *key)
{
	char		group[32];
	size_t		length;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
		EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1 ||
		strcmp(group, SN_X9_62_prime256v1) != 0)
		return "ES256 requires a key on the curve P-256.";
	return NULL;
}

/* Returns a sentence that says what is wrong with a public key, or NULL. */
static const char *
check_public(SignatureAlg alg, EVP_PKEY *key)
{
	switch (alg)
	{
		case SIGNATURE_HS256:
			break;
		case SIGNATURE_RS256:
			return check_rsa(key);
		case SIGNATURE_ES256:
			return check_p256(key);
		case SIGNATURE_EDDSA:
			return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : "EdDSA requires an Ed25519 key.";
	}
	return "HS256 requires a secret.";
}

/* Returns the public key from a SubjectPublicKeyInfo without trailing bytes, or NULL. */
static EVP_PKEY *
read_public(SignatureKey key)
{
	const unsigned char *at = key.bytes;
	EVP_PKEY   *public = d2i_PUBKEY(NULL, &at, (long) key.size);

	if (public != NULL && at != key.bytes + key.size)
	{
		EVP_PKEY_free(public);
		return NULL;
	}
	return public;
}

/*
 * Checks whether a key can be used with an algorithm.  Returns NULL if it can, else a
 * sentence that says why not and reveals nothing of the key.
 */
const char *
signature_check_key(SignatureAlg alg, SignatureKey key)
{
	EVP_PKEY   *public;
	const char *problem;

	if (alg == SIGNATURE_HS256)
	{
		if (key.size < SIGNATURE_MIN_SECRET)
			return "A secret must have at least 32 bytes.";
		return key.size > SIGNATURE_MAX_SECRET ? "A secret must have at most 4096 bytes." : NULL;
	}

	public = read_public(key);
	if (public == NULL)
		problem = "It is not a public key.";
	else
		problem = check_public(alg, public);
	if (problem == NULL)
	{
		EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public, NULL);

		if (context == NULL || EVP_PKEY_public_check(context) != 1)
			problem = "The numbers in the public key are not valid.";
		EVP_PKEY_CTX_free(context);
	}
	EVP_PKEY_free(public);
	ERR_clear_error();
	return problem;
}

/*
 * Converts the two numbers of a token's signature to DER, which OpenSSL verifies.  *der:
 * to be freed by OPENSSL_free().  Returns its size, or -1.
 */
static int
encode_ecdsa(const uint8 *signature, unsigned char **der)
{
	ECDSA_SIG  *numbers = ECDSA_SIG_new();
	BIGNUM	   *r = BN_bin2bn(signature, (int) P256_SIZE, NULL);
	BIGNUM	   *s = BN_bin2bn(signature + P256_SIZE, (int) P256_SIZE, NULL);
	int			size = -1;

	*der = NULL;
	if (numbers != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(numbers, r, s) == 1)
		size = i2d_ECDSA_SIG(numbers, der);
	else
	{
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(numbers);
	return size;
}

/*
 * Signs a text with HMAC and SHA-256.  signature: room for SIGNATURE_HMAC_SIZE bytes.  Returns
 * false if OpenSSL cannot do it.
 */
bool
signature_make_hmac(SignatureKey key, const char *text, size_t length, uint8 *signature)
{
	unsigned int size = 0;

	return HMAC(EVP_sha256(), key.bytes, (int) key.size, (const unsigned char *) text, length, signature, &size) != NULL &&
		size == SIGNATURE_HMAC_SIZE;
}

static bool
verify_hmac(SignatureKey key, const char *text, size_t length, const uint8 *signature, size_t signature_length)
{
	uint8		computed[SIGNATURE_HMAC_SIZE];
	bool		same;

	if (signature_length != SIGNATURE_HMAC_SIZE || key.size < SIGNATURE_MIN_SECRET || key.size > SIGNATURE_MAX_SECRET)
		return false;
	same = signature_make_hmac(key, text, length, computed) &&
		CRYPTO_memcmp(computed, signature, SIGNATURE_HMAC_SIZE) == 0;
	OPENSSL_cleanse(computed, sizeof(computed));
	return same;
}

static bool
verify_digest(EVP_PKEY *key, const EVP_MD *digest, const char *text, size_t length,
			  const uint8 *signature, size_t signature_length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool		verified;

	verified = context != NULL &&
		EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		EVP_DigestVerify(context, signature, signature_length, (const unsigned char *) text, length) == 1;
	EVP_MD_CTX_free(context);
	return verified;
}

static bool
verify_public(SignatureAlg alg, SignatureKey key, const char *text, size_t length,
			  const uint8 *signature, size_t signature_length)
{
	EVP_PKEY   *public = read_public(key);
	unsigned char *der = NULL;
	int			der_size;
	bool		verified = false;

	if (public == NULL || check_public(alg, public) != NULL)
		verified = false;
	else if (alg == SIGNATURE_ES256)
	{
		der_size = signature_length == 2 * P256_SIZE ? encode_ecdsa(signature, &der) : -1;
		verified = der_size > 0 && verify_digest(public, EVP_sha256(), text, length, der, (size_t) der_size);
		OPENSSL_free(der);
	}
	else
		verified = verify_digest(public, alg == SIGNATURE_RS256 ? EVP_sha256() : NULL,
								 text, length, signature, signature_length);
	EVP_PKEY_free(public);
	return verified;
}

/*
 * Returns whether a signature of a text is valid for a key, of which alg is the
 * algorithm.  HMACs are compared in constant time.
 */
bool
signature_verify(SignatureAlg alg, SignatureKey key, const char *text, size_t length,
				 const uint8 *signature, size_t signature_length)
{
	bool		verified;

	if (alg == SIGNATURE_HS256)
		verified = verify_hmac(key, text, length, signature, signature_length);
	else
		verified = verify_public(alg, key, text, length, signature, signature_length);
	ERR_clear_error();
	return verified;
}
