/*
 * jwt_key.h
 *		Reading the keys that administrators give.
 */
#ifndef TASKCRM_JWT_KEY_H
#define TASKCRM_JWT_KEY_H

#include "identity/signature.h"

/* Bytes of a key as it is given. */
#define JWT_KEY_MAX_LENGTH 16384

/* Room for a key as it is kept. */
#define JWT_KEY_MAX_SIZE 4096

extern const char *jwt_key_read(SignatureAlg alg, const char *alg_name, const char *kid,
								const char *text, size_t length, uint8 *bytes, size_t *size);
extern bool jwt_key_kid_is_valid(const char *kid);

#endif
