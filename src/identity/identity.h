/*
 * identity.h
 *		The caller's user and organization.
 */
#ifndef TASKCRM_IDENTITY_H
#define TASKCRM_IDENTITY_H

#include "fmgr.h"

#include "base/uuid.h"

typedef enum IdentitySource
{
	IDENTITY_NONE,
	IDENTITY_TOKEN,				/* verified by tc_login() in this transaction */
	IDENTITY_CLAIMS,			/* a gateway's request.jwt.claims */
	IDENTITY_SETTING,			/* a gateway's taskcrm.user_id */
	IDENTITY_LOGIN				/* the user's own login role */
} IdentitySource;

/* The reasons why there is no user, or a user without an organization. */
typedef enum IdentityProblem
{
	PROBLEM_NONE,
	/* no user */
	PROBLEM_MAINTENANCE,		/* inside ANALYZE, REINDEX, REFRESH and the like */
	PROBLEM_UNKNOWN_LOGIN,		/* login role neither linked nor trusted */
	PROBLEM_NO_CLAIM,			/* a gateway that sets no user */
	PROBLEM_BAD_CLAIM,			/* a gateway's claims contain no valid user id */
	PROBLEM_BAD_ORG_CLAIM,		/* a gateway's claims contain an invalid organization
								 * id */
	PROBLEM_UNKNOWN_ORG_CLAIM,	/* claims contain the external id of no organization */
	PROBLEM_BAD_CLAIMS,			/* a gateway's claims cannot be read */
	PROBLEM_REPEATED_CLAIM,		/* a gateway's claims contain one of these twice */
	PROBLEM_BAD_USER_ID,		/* a gateway's taskcrm.user_id is not an id */
	PROBLEM_UNKNOWN_USER,		/* no such user, or the user is not active */
	PROBLEM_TOKEN_EXPIRED,		/* the token has expired since it was verified */
	PROBLEM_TOKEN_REVOKED,		/* the token's key has been removed since */
	/* a user, but no organization */
	PROBLEM_NO_MEMBERSHIP,		/* belongs to none */
	PROBLEM_NONE_SELECTED,		/* belongs to several */
	PROBLEM_BAD_ORG,			/* the selection is not an id */
	PROBLEM_NOT_MEMBER,			/* not an active member of the selected organization */
	PROBLEM_OTHER_ORG			/* the token is for another organization */
} IdentityProblem;

typedef struct Identity
{
	IdentitySource source;
	IdentityProblem problem;
	bool		has_user;
	bool		has_org;
	bool		is_admin;		/* of the organization */
	pg_uuid_t	user_id;
	pg_uuid_t	org_id;
	bool		is_limited;		/* the claims allow only this organization: */
	pg_uuid_t	limited_to;
} Identity;

extern void identity_init(void);
extern const Identity *identity_current(void);
extern const Identity *identity_of_statement(FunctionCallInfo fcinfo);
extern void identity_pin(const Identity *identity);
extern void identity_pin_of_node(const Identity *identity);
extern bool identity_is_pinned(void);
extern bool identity_is_of_node(void);
extern bool identity_is_node(void);
extern bool identity_is_nested(void);
extern void identity_unpin(void);
extern bool identity_is_unnamed(const Identity *identity);
extern NullableDatum identity_limit(const Identity *identity);
extern void identity_require_org(const Identity *identity);
extern void identity_require_user(const Identity *identity);
extern void identity_require_admin(const Identity *identity);
extern const char *identity_problem_text(IdentityProblem problem, const char **hint);

#endif
