/*
 * member.h
 *		The role of a member of an organization, and whether it is active.
 */
#ifndef TASKCRM_MEMBER_H
#define TASKCRM_MEMBER_H

#include "db/row.h"
#include "base/uuid.h"

/* A member as JSON: id, name, email, role, is_active. */
extern const RowSchema member_schema;

extern bool member_update(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *user_id,
						  NullableDatum role, NullableDatum is_active);
extern bool member_exists(const pg_uuid_t *org_id, const pg_uuid_t *user_id);

#endif
