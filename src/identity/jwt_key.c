/*
 * jwt_key.c
 *		Reads the keys that administrators provide: JWK (RFC 7517), PEM, or a plain secret.
 *
 * Private keys are rejected: verification does not need them, and they should not be
 * stored in a database.  The error sentences reveal nothing of the key.  Raises no errors
 * and does not depend on the server.
 */
#include "postgres.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "identity/jwt_key.h"
#include "wire/base64url.h"
#include "wire/json_scan.h"

#define COORDINATE_SIZE 32
#define MAX_MEMBERS 32
/* Size of an RSA modulus in bytes: more than signature.c accepts. */
#define MAX_MODULUS 1280

#define NOT_A_JWK "It is not a JSON Web Key for the algorithm."
#define IS_PRIVATE "It is a private key. Use the public key."
#define TOO_LONG "A key must have 1 to 16384 bytes."

/* The relevant members of a JWK; NULL if missing. */
typedef struct Jwk
{
	const char *kty;
	const char *crv;
	const char *k;
	const char *n;
	const char *e;
	const char *x;
	const char *y;
	const char *alg;
	const char *use;
	const char *kid;
	bool		has_operations;
	bool		may_verify;
	bool		is_private;
	const char *problem;		/* with the member visited last, if it is rejected */
	const char *seen[MAX_MEMBERS];
	int			count;
} Jwk;

static const char **
jwk_member(Jwk *jwk, const char *key)
{
	const struct
	{
		const char *name;
		const char **place;
	}			members[] = {
		{"kty", &jwk->kty}, {"crv", &jwk->crv}, {"k", &jwk->k}, {"n", &jwk->n}, {"e", &jwk->e},
		{"x", &jwk->x}, {"y", &jwk->y}, {"alg", &jwk->alg}, {"use", &jwk->use}, {"kid", &jwk->kid}
	};

	for (int i = 0; i < (int) lengthof(members); i++)
	{
		if (strcmp(members[i].name, key) == 0)
			return members[i].place;
	}
	return NULL;
}

static bool
visit_jwk(void *state, const JsonFound *found)
{
	Jwk		   *jwk = state;
	const char **place;

	if (found->is_element)
	{
		if (strcmp(found->key, "key_ops") == 0 && found->kind == JSON_KIND_STRING &&
			strcmp(found->text, "verify") == 0)
			jwk->may_verify = true;
		return true;
	}
	jwk->problem = "It has too many members.";
	if (jwk->count == MAX_MEMBERS)
		return false;
	jwk->problem = "It contains the same member twice.";
	for (int i = 0; i < jwk->count; i++)
	{
		if (strcmp(jwk->seen[i], found->key) == 0)
			return false;
	}
	jwk->seen[jwk->count++] = found->key;

	if (strcmp(found->key, "d") == 0)
		jwk->is_private = true;
	if (strcmp(found->key, "key_ops") == 0)
		jwk->has_operations = true;
	place = jwk_member(jwk, found->key);
	if (place == NULL)
		return true;
	*place = found->text;
	jwk->problem = "A member that must be a string is not a string.";
	return found->kind == JSON_KIND_STRING;
}

/* Decodes a base64url member into a buffer of max bytes.  Returns the size, or -1. */
static int
decode_member(const char *text, uint8 *bytes, size_t max)
{
	size_t		length = text ? strlen(text) : 0;

	if (length == 0 || BASE64URL_BYTES_SIZE(length) > max)
		return -1;
	return base64url_decode(text, length, bytes);
}

static EVP_PKEY *
key_from_parameters(const char *type, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY   *key = NULL;

	if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	return key;
}

static EVP_PKEY *
rsa_from_jwk(const Jwk *jwk)
{
	uint8		modulus[MAX_MODULUS];
	uint8		exponent[8];
	int			modulus_size = decode_member(jwk->n, modulus, sizeof(modulus));
	int			exponent_size = decode_member(jwk->e, exponent, sizeof(exponent));
	OSSL_PARAM_BLD *builder;
	BIGNUM	   *n;
	BIGNUM	   *e;
	EVP_PKEY   *key = NULL;

	if (strcmp(jwk->kty, "RSA") != 0 || modulus_size < 0 || exponent_size < 0)
		return NULL;
	builder = OSSL_PARAM_BLD_new();
	n = BN_bin2bn(modulus, modulus_size, NULL);
	e = BN_bin2bn(exponent, exponent_size, NULL);
	if (builder != NULL && n != NULL && e != NULL &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = key_from_parameters("RSA", builder);
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static EVP_PKEY *
p256_from_jwk(const Jwk *jwk)
{
	/* An uncompressed point, in the encoding of SEC 1. */
	uint8		point[1 + 2 * COORDINATE_SIZE] = {0x04};
	OSSL_PARAM_BLD *builder;
	EVP_PKEY   *key = NULL;

	if (strcmp(jwk->kty, "EC") != 0 || jwk->crv == NULL || strcmp(jwk->crv, "P-256") != 0 ||
		decode_member(jwk->x, point + 1, COORDINATE_SIZE) != COORDINATE_SIZE ||
		decode_member(jwk->y, point + 1 + COORDINATE_SIZE, COORDINATE_SIZE) != COORDINATE_SIZE)
		return NULL;
	builder = OSSL_PARAM_BLD_new();
	if (builder != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
		key = key_from_parameters("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

static EVP_PKEY *
ed25519_from_jwk(const Jwk *jwk)
{
	uint8		point[COORDINATE_SIZE];

	if (strcmp(jwk->kty, "OKP") != 0 || jwk->crv == NULL || strcmp(jwk->crv, "Ed25519") != 0 ||
		decode_member(jwk->x, point, sizeof(point)) != (int) sizeof(point))
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, sizeof(point));
}

/* Encodes a public key, and frees it.  key: NULL is an error. */
static bool
write_public(EVP_PKEY *key, uint8 *bytes, size_t *size)
{
	unsigned char *at = bytes;
	int			needed = key ? i2d_PUBKEY(key, NULL) : -1;
	bool		fits = needed > 0 && needed <= JWT_KEY_MAX_SIZE;

	if (fits)
		*size = (size_t) i2d_PUBKEY(key, &at);
	EVP_PKEY_free(key);
	return fits;
}

/* What a JWK says about itself must agree with its intended use. */
static const char *
check_jwk(const Jwk *jwk, const char *alg_name, const char *kid)
{
	if (jwk->kty == NULL)
		return NOT_A_JWK;
	if (jwk->is_private)
		return IS_PRIVATE;
	if (jwk->alg != NULL && strcmp(jwk->alg, alg_name) != 0)
		return "Its alg is a different algorithm.";
	if (jwk->kid != NULL && strcmp(jwk->kid, kid) != 0)
		return "Its kid is different.";
	if ((jwk->use != NULL && strcmp(jwk->use, "sig") != 0) || (jwk->has_operations && !jwk->may_verify))
		return "It is not a key for verifying signatures.";
	return NULL;
}

static const char *
read_jwk(SignatureAlg alg, const Jwk *jwk, uint8 *bytes, size_t *size)
{
	EVP_PKEY   *key = NULL;
	int			decoded;

	switch (alg)
	{
		case SIGNATURE_HS256:
			decoded = decode_member(jwk->k, bytes, JWT_KEY_MAX_SIZE);
			if (strcmp(jwk->kty, "oct") != 0 || decoded < 0)
				return NOT_A_JWK;
			*size = (size_t) decoded;
			return NULL;
		case SIGNATURE_RS256:
			key = rsa_from_jwk(jwk);
			break;
		case SIGNATURE_ES256:
			key = p256_from_jwk(jwk);
			break;
		case SIGNATURE_EDDSA:
			key = ed25519_from_jwk(jwk);
			break;
	}
	return write_public(key, bytes, size) ? NULL : NOT_A_JWK;
}

/* Encrypted PEM is not supported: nobody can be asked for the password. */
static int
no_password(char *buffer, int size, int is_write, void *state)
{
	return -1;
}

static const char *
read_pem(const char *text, size_t length, uint8 *bytes, size_t *size)
{
	BIO		   *source = BIO_new_mem_buf(text, (int) length);
	EVP_PKEY   *key = NULL;

	if (source != NULL)
		key = PEM_read_bio_PUBKEY(source, NULL, no_password, NULL);
	BIO_free(source);
	if (write_public(key, bytes, size))
		return NULL;
	return "It is not a public key in PEM format, with BEGIN PUBLIC KEY and END PUBLIC KEY.";
}

static bool
key_text_contains(const char *text, size_t length, const char *word)
{
	size_t		size = strlen(word);

	for (size_t i = 0; i + size <= length; i++)
	{
		if (memcmp(text + i, word, size) == 0)
			return true;
	}
	return false;
}

/* Returns a sentence if the text is not a JSON object that visit_jwk() accepts, or NULL. */
static const char *
scan_jwk(const char *text, size_t length, char *scratch, Jwk *jwk)
{
	switch (json_scan_members(text, length, scratch, visit_jwk, jwk))
	{
		case JSON_FAULT_NONE:
			return NULL;
		case JSON_FAULT_SYNTAX:
			return "It is not a JSON object.";
		case JSON_FAULT_CHARACTER:
			return "It contains an invalid escape.";
		case JSON_FAULT_DEPTH:
			return "It is nested too deeply.";
		case JSON_FAULT_REFUSED:
			return jwk->problem;
	}
	return NOT_A_JWK;
}

static const char *
read_json_web_key(SignatureAlg alg, const char *alg_name, const char *kid, const char *text, size_t length,
				  uint8 *bytes, size_t *size)
{
	char		scratch[JSON_SCRATCH_SIZE(JWT_KEY_MAX_LENGTH)];
	Jwk			jwk = {0};
	const char *problem = scan_jwk(text, length, scratch, &jwk);

	if (problem == NULL)
		problem = check_jwk(&jwk, alg_name, kid);
	if (problem == NULL)
		problem = read_jwk(alg, &jwk, bytes, size);
	OPENSSL_cleanse(scratch, sizeof(scratch));
	return problem;
}

/* Finds the algorithm of a JWK by its type.  Returns false for one that is not supported. */
static bool
find_jwk_alg(const Jwk *jwk, JwkHead *head)
{
	const struct
	{
		const char *kty;
		const char *crv;
		SignatureAlg alg;
		const char *alg_name;
	}			kinds[] = {
		{"oct", NULL, SIGNATURE_HS256, "HS256"},
		{"RSA", NULL, SIGNATURE_RS256, "RS256"},
		{"EC", "P-256", SIGNATURE_ES256, "ES256"},
		{"OKP", "Ed25519", SIGNATURE_EDDSA, "EdDSA"}
	};

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(jwk->kty, kinds[i].kty) != 0 ||
			(kinds[i].crv != NULL && (jwk->crv == NULL || strcmp(jwk->crv, kinds[i].crv) != 0)) ||
			(jwk->alg != NULL && strcmp(jwk->alg, kinds[i].alg_name) != 0))
			continue;
		head->alg = kinds[i].alg;
		head->alg_name = kinds[i].alg_name;
		return true;
	}
	return false;
}

static const char *
read_head(const Jwk *jwk, JwkHead *head)
{
	if (jwk->kty == NULL)
		return "It has no kty.";
	if (jwk->is_private)
		return IS_PRIVATE;
	if (jwk->kid != NULL && !jwt_key_kid_is_valid(jwk->kid))
		return "Its kid is not 1 to 255 printable ASCII characters.";
	if (jwk->kid != NULL)
		memcpy(head->kid, jwk->kid, strlen(jwk->kid) + 1);
	head->is_foreign = true;
	if ((jwk->use != NULL && strcmp(jwk->use, "sig") != 0) || (jwk->has_operations && !jwk->may_verify))
		return "It is not a key for verifying signatures.";
	if (!find_jwk_alg(jwk, head))
		return "Its algorithm is not one of HS256, RS256, ES256 and EdDSA.";
	head->is_foreign = false;
	return NULL;
}

/*
 * Reads what a JWK says that it is.  text: UTF-8, not terminated.  Returns NULL, or a
 * sentence that says why it cannot be used; then head->is_foreign is true if it is a valid
 * key for another purpose, and head->kid may be set.
 */
const char *
jwt_key_head(const char *text, size_t length, JwkHead *head)
{
	char		scratch[JSON_SCRATCH_SIZE(JWT_KEY_MAX_LENGTH)];
	Jwk			jwk = {0};
	const char *problem;

	memset(head, 0, sizeof(*head));
	if (length == 0 || length > JWT_KEY_MAX_LENGTH)
		return TOO_LONG;
	problem = scan_jwk(text, length, scratch, &jwk);
	if (problem == NULL)
		problem = read_head(&jwk, head);
	OPENSSL_cleanse(scratch, sizeof(scratch));
	return problem;
}

static bool
visit_set(void *state, const JsonFound *found)
{
	int		   *arrays = state;

	if (strcmp(found->key, "keys") != 0)
		return true;
	if (found->is_element)
		return found->kind == JSON_KIND_OBJECT;
	(*arrays)++;
	return found->kind == JSON_KIND_ARRAY;
}

/*
 * Returns whether a text is a set of JWKs (RFC 7517, 5): a JSON object whose only member
 * keys is an array of objects.  text: not terminated.
 */
bool
jwt_key_is_set(const char *text, size_t length)
{
	char	   *scratch = length <= JWT_SET_MAX_LENGTH ? malloc(JSON_SCRATCH_SIZE(length)) : NULL;
	int			arrays = 0;
	bool		is_set = scratch != NULL &&
		json_scan_members(text, length, scratch, visit_set, &arrays) == JSON_FAULT_NONE && arrays == 1;

	if (scratch != NULL)
		OPENSSL_cleanse(scratch, JSON_SCRATCH_SIZE(length));
	free(scratch);
	return is_set;
}

/*
 * Reads a key.  alg_name: the value of alg; kid: the id that the key will have; text:
 * UTF-8, not terminated; bytes: room for JWT_KEY_MAX_SIZE.  Sets bytes and *size to the
 * key in the form that signature_verify() takes.  Returns NULL, or a sentence that says
 * why the key is rejected.
 */
const char *
jwt_key_read(SignatureAlg alg, const char *alg_name, const char *kid,
			 const char *text, size_t length, uint8 *bytes, size_t *size)
{
	size_t		start = 0;
	const char *problem;

	if (length == 0 || length > JWT_KEY_MAX_LENGTH)
		return TOO_LONG;
	while (start < length && (text[start] == ' ' || text[start] == '\t' || text[start] == '\n' || text[start] == '\r'))
		start++;

	if (start < length && text[start] == '{')
		problem = read_json_web_key(alg, alg_name, kid, text, length, bytes, size);
	else if (key_text_contains(text, length, "PRIVATE KEY-----"))
		return IS_PRIVATE;
	else if (key_text_contains(text, length, "-----BEGIN "))
	{
		/* A public key used as a secret would be a secret that everybody may know. */
		if (alg == SIGNATURE_HS256)
			return "HS256 requires a secret, not a public key.";
		problem = read_pem(text, length, bytes, size);
	}
	else if (alg != SIGNATURE_HS256)
		return "It is neither a JSON Web Key nor a key in PEM format.";
	else if (length > SIGNATURE_MAX_SECRET)
		return "A secret must have at most 4096 bytes.";
	else
	{
		memcpy(bytes, text, length);
		*size = length;
		problem = NULL;
	}
	ERR_clear_error();
	return problem != NULL ? problem : signature_check_key(alg, (SignatureKey) {bytes, *size});
}

/*
 * Returns whether a string is a valid kid: 1 to 255 printable ASCII characters.  kid:
 * NUL-terminated.
 */
bool
jwt_key_kid_is_valid(const char *kid)
{
	size_t		length = strlen(kid);

	if (length == 0 || length > JWT_KID_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if (kid[i] < ' ' || kid[i] > '~')
			return false;
	}
	return true;
}
