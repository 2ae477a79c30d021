/*
 * user_store.h
 *		Stores users and their memberships.
 */
#ifndef TASKCRM_USER_STORE_H
#define TASKCRM_USER_STORE_H

#include "base/uuid.h"

extern void user_create(pg_uuid_t *created, NullableDatum id, Datum email, NullableDatum name);
extern void user_rename(const pg_uuid_t *id, Datum name);
extern void member_add(const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role);

#endif
