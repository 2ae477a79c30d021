/*
 * member_cache.h
 *		Caches which users belong to an organization.
 */
#ifndef TASKCRM_MEMBER_CACHE_H
#define TASKCRM_MEMBER_CACHE_H

#include "base/uuid.h"

extern bool member_cache_has(const pg_uuid_t *org_id, const pg_uuid_t *user_id);

#endif
