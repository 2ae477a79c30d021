/*
 * jwt_key.h
 *		Reads the keys that administrators provide.
 */
#ifndef TASKCRM_JWT_KEY_H
#define TASKCRM_JWT_KEY_H

#include "identity/signature.h"

/* Maximum size of a key as provided, in bytes. */
#define JWT_KEY_MAX_LENGTH 16384

/* Maximum size of a set of keys, in bytes: with chains of certificates. */
#define JWT_SET_MAX_LENGTH ((size_t) 1024 * 1024)

/* Maximum size of a key as stored. */
#define JWT_KEY_MAX_SIZE 4096

/* Maximum length of a kid. */
#define JWT_KID_MAX 255

/* What a JWK says that it is. */
typedef struct JwkHead
{
	bool		is_foreign;		/* of a kind that verifies no token here; not an error */
	SignatureAlg alg;
	const char *alg_name;		/* the value of alg */
	char		kid[JWT_KID_MAX + 1];	/* empty if it has none */
} JwkHead;

extern bool jwt_key_is_set(const char *text, size_t length);
extern const char *jwt_key_head(const char *text, size_t length, JwkHead *head);
extern const char *jwt_key_read(SignatureAlg alg, const char *alg_name, const char *kid,
								const char *text, size_t length, uint8 *bytes, size_t *size);
extern bool jwt_key_kid_is_valid(const char *kid);

#endif
