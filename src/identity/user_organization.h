/*
 * user_organization.h
 *		The organizations of a user, whoever calls.
 */
#ifndef TASKCRM_USER_ORGANIZATION_H
#define TASKCRM_USER_ORGANIZATION_H

#include "base/uuid.h"

extern int	user_organizations(pg_uuid_t **orgs, const pg_uuid_t *user_id);
extern void user_hold(const pg_uuid_t *user_id);

#endif
