/*
 * jwt.h
 *		Parses a signed JWT.
 */
#ifndef TASKCRM_JWT_H
#define TASKCRM_JWT_H

/* Maximum size of a token in bytes.  Common web servers accept no longer header. */
#define JWT_MAX_LENGTH 16384

/* Room for everything that is decoded from a token. */
#define JWT_BUFFER_SIZE(length) (2 * (length) + 16)

/* The parts of a token, and its header.  The pointers point into token and buffer. */
typedef struct Jwt
{
	const char *signed_text;
	size_t		signed_length;
	const uint8 *signature;
	size_t		signature_length;
	const char *alg;			/* NUL-terminated, as kid */
	const char *kid;			/* NULL if there is none */
	const char *claims;			/* not yet checked to be JSON; not terminated */
	size_t		claims_length;
	char	   *rest;			/* the rest of the buffer, large enough to read the
								 * claims */
} Jwt;

/* Faults of claims. */
typedef enum JwtFault
{
	JWT_FAULT_NONE,
	JWT_FAULT_SYNTAX,			/* not a JSON object */
	JWT_FAULT_CHARACTER,		/* an escape that is not a character */
	JWT_FAULT_DEPTH,			/* nested too deeply */
	JWT_FAULT_COUNT,			/* too many claims */
	JWT_FAULT_REPEATED,			/* a duplicate claim */
	JWT_FAULT_USER,				/* names no user; see claims.c */
	JWT_FAULT_ORG,				/* the organization's claim is neither an id nor an external id */
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
	const char *user_claim;		/* name of the claim with the user id */
	const char *org_claim;		/* name of the claim with the organization id; "" for
								 * none */
	const char *audience;		/* required in aud; NULL for none */
	bool		any_org;		/* an organization that is not a string is no fault */
} JwtWanted;

/* The claims of a token.  Times are seconds since 1970. */
typedef struct JwtClaims
{
	bool		has_exp;
	double		exp;
	bool		has_nbf;
	double		nbf;
	const char *issuer;			/* NULL if missing; so are the next three */
	const char *user;
	const char *org;
	const char *email;
	bool		email_is_verified;
	bool		has_audience;
	bool		is_for_audience;	/* the one wanted */
	const char *repeated;		/* name of the duplicate claim, with that fault */
} JwtClaims;

extern bool jwt_split(const char *token, size_t length, char *buffer, Jwt *jwt);
extern JwtFault jwt_read_claims(const Jwt *jwt, const JwtWanted *wanted, JwtClaims *claims);
extern JwtFault jwt_read_names(const char *json, size_t length, char *scratch,
							   const JwtWanted *wanted, JwtClaims *claims);

#endif
