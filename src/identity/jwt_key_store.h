/*
 * jwt_key_store.h
 *		Stores the keys that verify tokens.
 */
#ifndef TASKCRM_JWT_KEY_STORE_H
#define TASKCRM_JWT_KEY_STORE_H

/* A key to store, checked. */
typedef struct NewJwtKey
{
	Datum		kid;			/* text */
	Datum		alg;			/* text */
	Datum		bytes;			/* bytea */
	NullableDatum issuer;		/* text */
	NullableDatum audience;		/* text */
	NullableDatum subject_prefix;	/* text */
} NewJwtKey;

extern void jwt_key_store_add(const NewJwtKey *key);
extern bool jwt_key_store_has(const NewJwtKey *key);
extern int	jwt_key_store_split(Datum set, char ***keys);
extern bool jwt_key_store_remove(Datum kid);

#endif
