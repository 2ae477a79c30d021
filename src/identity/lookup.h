/*
 * lookup.h
 *		What the tables say of roles, users and memberships.
 */
#ifndef TASKCRM_LOOKUP_H
#define TASKCRM_LOOKUP_H

#include "base/uuid.h"

/* What a login role is. */
typedef struct LookupRole
{
	bool		is_gateway;
	bool		is_person;
	pg_uuid_t	user_id;		/* of a person */
} LookupRole;

/* What a user is, in an organization or anywhere. */
typedef struct LookupUser
{
	bool		is_active;		/* there is such a user, and an active one */
	bool		is_member;		/* an active one, of the organization */
	bool		is_admin;		/* of it */
	bool		has_others;		/* belongs to further organizations; asked without one only */
	pg_uuid_t	org_id;
} LookupUser;

extern void lookup_init(void);
extern uint64 lookup_generation(void);
extern LookupRole lookup_session_role(void);
extern LookupUser lookup_user(const pg_uuid_t *user_id, const pg_uuid_t *org_id);
extern bool lookup_token_key(const pg_uuid_t *key_id);

#endif
