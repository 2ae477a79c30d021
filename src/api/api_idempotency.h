/*
 * api_idempotency.h
 *		Stored answers, so that a repeated call is not executed again.
 */
#ifndef TASKCRM_API_IDEMPOTENCY_H
#define TASKCRM_API_IDEMPOTENCY_H

#include "common/cryptohash.h"

#include "identity/identity.h"
#include "wire/json_write.h"

/* A call that may have an idempotency key. */
typedef struct KeyedCall
{
	text	   *key;			/* the argument, or NULL to use the header */
	bool		is_replay;		/* result: the answer is a stored one */

	/* The rest is private to api_idempotency.c. */
	bool		has_key;
	bool		is_of_header;
	Datum		stored_key;		/* text */
	pg_cryptohash_ctx *hash;	/* hash of the request; NULL without a key */
} KeyedCall;

/* The header that marks a stored answer. */
#define IDEMPOTENCY_REPLAYED "idempotency-replayed"

extern void idempotency_begin(KeyedCall *call, const char *operation);
extern void idempotency_add(KeyedCall *call, const void *data, Size size);
extern void idempotency_add_value(KeyedCall *call, const void *value);
extern bool idempotency_is_new(KeyedCall *call, const Identity *identity, JsonWriter *out);
extern void idempotency_keep(KeyedCall *call, const Identity *identity, JsonWriter *out);
extern void idempotency_announce(const KeyedCall *call);
extern void idempotency_sweep(const Identity *identity);

#endif
