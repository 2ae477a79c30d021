/*
 * identity_cache.h
 *		What the tables say of roles, users and memberships.
 */
#ifndef TASKCRM_IDENTITY_CACHE_H
#define TASKCRM_IDENTITY_CACHE_H

#include "base/uuid.h"

/* What a login role is. */
typedef struct CachedRole
{
	bool		is_gateway;
	bool		is_person;
	pg_uuid_t	user_id;		/* of a person */
} CachedRole;

/* What a user is, in an organization or anywhere. */
typedef struct CachedUser
{
	bool		is_active;		/* there is such a user, and an active one */
	bool		is_member;		/* an active one, of the organization */
	bool		is_admin;		/* of it */
	bool		has_others;		/* belongs to further organizations; asked without one only */
	pg_uuid_t	org_id;
} CachedUser;

extern void identity_cache_init(void);
extern uint64 identity_cache_generation(void);
extern CachedRole identity_cache_session_role(void);
extern CachedUser identity_cache_user(const pg_uuid_t *user_id, const pg_uuid_t *org_id);
extern bool identity_cache_token_key(const pg_uuid_t *key_id);

#endif
