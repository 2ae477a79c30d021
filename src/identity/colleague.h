/*
 * colleague.h
 *		Which users belong to an organization.
 */
#ifndef TASKCRM_COLLEAGUE_H
#define TASKCRM_COLLEAGUE_H

#include "base/uuid.h"

extern bool colleague_is_member(const pg_uuid_t *org_id, const pg_uuid_t *user_id);

#endif
