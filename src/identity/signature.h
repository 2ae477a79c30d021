/*
 * signature.h
 *		Verifies the signatures of tokens, and signs messages.
 */
#ifndef TASKCRM_SIGNATURE_H
#define TASKCRM_SIGNATURE_H

typedef enum SignatureAlg
{
	SIGNATURE_HS256,			/* HMAC with SHA-256 */
	SIGNATURE_RS256,			/* RSA, PKCS #1 version 1.5, SHA-256 */
	SIGNATURE_ES256,			/* ECDSA on P-256, SHA-256 */
	SIGNATURE_EDDSA				/* Ed25519 */
} SignatureAlg;

/* Minimum size of a secret: RFC 7518, 3.2 requires the size of the hash output. */
#define SIGNATURE_MIN_SECRET 32
#define SIGNATURE_MAX_SECRET 4096

/* The size of an HMAC with SHA-256. */
#define SIGNATURE_HMAC_SIZE 32

/* A stored key: the secret, or a SubjectPublicKeyInfo in DER. */
typedef struct SignatureKey
{
	const uint8 *bytes;
	size_t		size;
} SignatureKey;

extern bool signature_find_alg(const char *name, SignatureAlg *alg);
extern bool signature_verify(SignatureAlg alg, SignatureKey key, const char *text, size_t length,
							 const uint8 *signature, size_t signature_length);
extern bool signature_make_hmac(SignatureKey key, const char *text, size_t length, uint8 *signature);
extern const char *signature_check_key(SignatureAlg alg, SignatureKey key);

#endif
