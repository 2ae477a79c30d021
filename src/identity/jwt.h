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

/* What is wrong with claims. */
typedef enum JwtFault
{
	JWT_FAULT_NONE,
	JWT_FAULT_SYNTAX,			/* no JSON object */
	JWT_FAULT_CHARACTER,		/* an escape that is no character */
	JWT_FAULT_DEPTH,			/* nested too deeply */
	JWT_FAULT_COUNT,			/* too many claims */
	JWT_FAULT_REPEATED,			/* one is there twice */
	JWT_FAULT_USER,				/* names no user; see claims.c */
	JWT_FAULT_ORG,				/* that of the organization is not an id */
	JWT_FAULT_ISSUER,			/* not a string */
	JWT_FAULT_AUDIENCE,			/* neither a string nor an array of strings */
	JWT_FAULT_EXP,				/* not a number */
	JWT_FAULT_EXP_RANGE,		/* after the year 9999 */
	JWT_FAULT_NBF,
	JWT_FAULT_NBF_RANGE
} JwtFault;

/* More members of a header or of claims than this are refused. */
#define JWT_MAX_MEMBERS 256

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
	const char *repeated;		/* the name that is there twice, with that fault */
} JwtClaims;

extern bool jwt_split(const char *token, size_t length, char *buffer, Jwt *jwt);
extern JwtFault jwt_read_claims(const Jwt *jwt, const JwtWanted *wanted, JwtClaims *claims);
extern JwtFault jwt_read_names(const char *json, size_t length, char *scratch,
							   const JwtWanted *wanted, JwtClaims *claims);

#endif
