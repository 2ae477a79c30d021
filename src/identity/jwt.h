/*
 * jwt.h
 *		Taking a signed JWT apart.
 */
#ifndef TASKCRM_JWT_H
#define TASKCRM_JWT_H

/* Bytes of a token.  The header that carries it is not longer in usual web servers. */
#define JWT_MAX_LENGTH 16384

/* Room for all that is read out of a token. */
#define JWT_BUFFER_SIZE(length) (2 * (length) + 16)

/* The parts of a token, and its header.  What is pointed to is in token and buffer. */
typedef struct Jwt
{
	const char *signed_text;
	size_t		signed_length;
	const uint8 *signature;
	size_t		signature_length;
	const char *alg;			/* NUL-terminated, as kid */
	const char *kid;			/* NULL if there is none */
	const char *claims;			/* JSON, not verified to be it; not terminated */
	size_t		claims_length;
	char	   *rest;			/* of the buffer: enough to read the claims */
} Jwt;

/* Which claims are wanted. */
typedef struct JwtWanted
{
	const char *user_claim;		/* the name of the claim with the user's id */
	const char *org_claim;		/* that with the organization's; "" for none */
	const char *audience;		/* to be looked for in aud; NULL for none */
} JwtWanted;

/* Claims as they stand in a token.  Times are seconds since 1970. */
typedef struct JwtClaims
{
	bool		has_exp;
	double		exp;
	bool		has_nbf;
	double		nbf;
	const char *issuer;			/* NULL if there is none; so the next two */
	const char *user;
	const char *org;
	bool		has_audience;
	bool		is_for_audience;	/* the one wanted */
} JwtClaims;

extern bool jwt_split(const char *token, size_t length, char *buffer, Jwt *jwt);
extern bool jwt_read_claims(const Jwt *jwt, const JwtWanted *wanted, JwtClaims *claims);

#endif
