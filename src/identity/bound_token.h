/*
 * bound_token.h
 *		The user that a verified token names, for the rest of the transaction.
 */
#ifndef TASKCRM_BOUND_TOKEN_H
#define TASKCRM_BOUND_TOKEN_H

#include "datatype/timestamp.h"

#include "identity/claims.h"

/* The identity that tc_login() has bound to the transaction. */
typedef struct TokenIdentity
{
	ClaimsNames names;			/* looked up at each statement */
	pg_uuid_t	key_id;			/* id of the jwt_key row that verified it */
	TimestampTz expires;		/* exp plus leeway */
} TokenIdentity;

extern void bound_token_define(void);
extern void bound_token_save(void);
extern void bound_token_bind(const TokenIdentity *identity);
extern const TokenIdentity *bound_token_current(const char **text);
extern bool bound_token_is_expired(const TokenIdentity *token);

#endif
