/*
 * jwt_key.h
 *		Reads the keys that administrators provide.
 */
#ifndef TASKCRM_JWT_KEY_H
#define TASKCRM_JWT_KEY_H

#include "identity/signature.h"

/* Maximum size of a key as provided, in bytes. */
#define JWT_KEY_MAX_LENGTH 16384

/* Maximum size of a key as stored. */
#define JWT_KEY_MAX_SIZE 4096

extern const char *jwt_key_read(SignatureAlg alg, const char *alg_name, const char *kid,
								const char *text, size_t length, uint8 *bytes, size_t *size);
extern bool jwt_key_kid_is_valid(const char *kid);

#endif
