/*
 * organization.h
 *		Creates an organization, and deletes it with everything that belongs to it.
 */
#ifndef TASKCRM_ORGANIZATION_H
#define TASKCRM_ORGANIZATION_H

#include "base/uuid.h"

extern void organization_create(pg_uuid_t *created, NullableDatum id, Datum name);
extern bool organization_delete(const pg_uuid_t *org_id);
extern const char *organization_table(int number, int *lock_order);

#endif
