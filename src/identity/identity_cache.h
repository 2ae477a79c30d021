/*
 * identity_cache.h
 *		Caches what the tables say about roles, users and memberships.
 */
#ifndef TASKCRM_IDENTITY_CACHE_H
#define TASKCRM_IDENTITY_CACHE_H

#include "identity/external_id.h"

/* What the tables say about a login role. */
typedef struct CachedRole
{
	bool		is_gateway;
	bool		is_person;
	pg_uuid_t	user_id;		/* of a person */
} CachedRole;

/* What the tables say about a user, in an organization or without one. */
typedef struct CachedUser
{
	bool		is_active;		/* the user exists and is active */
	bool		is_member;		/* an active member of the organization */
	bool		is_admin;		/* of it */
	bool		has_others;		/* belongs to more than one; set only if asked without
								 * an organization */
	pg_uuid_t	org_id;
} CachedUser;

/* What an external id identifies. */
typedef enum ExternalKind
{
	EXTERNAL_USER,
	EXTERNAL_ORGANIZATION
} ExternalKind;

extern void identity_cache_init(void);
extern uint64 identity_cache_generation(void);
extern CachedRole identity_cache_session_role(void);
extern CachedUser identity_cache_user(const pg_uuid_t *user_id, const pg_uuid_t *org_id);
extern bool identity_cache_external(ExternalKind kind, const char *external_id, pg_uuid_t *id);
extern bool identity_cache_email_user(const char *email, const pg_uuid_t *unless, pg_uuid_t *id);
extern bool identity_cache_has_organization(const pg_uuid_t *org_id);
extern bool identity_cache_token_key(const pg_uuid_t *key_id);

#endif
