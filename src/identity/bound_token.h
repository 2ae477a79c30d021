/*
 * bound_token.h
 *		The user that a signed token names, for the rest of the transaction.
 */
#ifndef TASKCRM_BOUND_TOKEN_H
#define TASKCRM_BOUND_TOKEN_H

#include "datatype/timestamp.h"

#include "base/uuid.h"

/* What tc_login() bound to the transaction. */
typedef struct TokenIdentity
{
	pg_uuid_t	user_id;
	pg_uuid_t	org_id;			/* zero unless has_org */
	pg_uuid_t	key_id;			/* of the row of jwt_key that verified it */
	bool		has_org;		/* the token is for one organization only */
	TimestampTz expires;		/* exp and leeway */
} TokenIdentity;

extern void bound_token_define(void);
extern void bound_token_save(void);
extern void bound_token_bind(const TokenIdentity *identity);
extern const TokenIdentity *bound_token_current(void);
extern bool bound_token_is_expired(const TokenIdentity *token);

#endif
