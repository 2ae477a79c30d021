/*
 * row_organization.h
 *		Finds the organization of a row that is identified by its id alone.
 */
#ifndef TASKCRM_ROW_ORGANIZATION_H
#define TASKCRM_ROW_ORGANIZATION_H

#include "identity/identity.h"

/* Rows that can be found by id without selecting an organization. */
typedef enum FoundRow
{
	FOUND_COMMENT,
	FOUND_ATTACHMENT
} FoundRow;

/* An organization that a user is an active member of. */
typedef struct Membership
{
	pg_uuid_t	org_id;
	bool		is_admin;
} Membership;

extern int	row_organization_list(const Identity *identity, Membership **memberships);
extern bool row_organization_has(const Identity *identity, FoundRow what, const pg_uuid_t *id);
extern bool row_organization_find(Identity *identity, FoundRow what, const pg_uuid_t *id);

#endif
