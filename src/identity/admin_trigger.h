/*
 * admin_trigger.h
 *		Keeps the last active admin of an organization.
 */
#ifndef TASKCRM_ADMIN_TRIGGER_H
#define TASKCRM_ADMIN_TRIGGER_H

#include "base/uuid.h"

extern void admin_refuse_last(const pg_uuid_t *org_id, const pg_uuid_t *user_id);

#endif
