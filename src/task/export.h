/*
 * export.h
 *		All rows of an organization or of a person as JSON, one object a row, and back.
 */
#ifndef TASKCRM_EXPORT_H
#define TASKCRM_EXPORT_H

#include "nodes/execnodes.h"

#include "base/uuid.h"
#include "db/owner.h"

extern bool export_organization(ReturnSetInfo *result, const pg_uuid_t *org_id, OwnerMode mode);
extern void import_organization(Datum lines, NullableDatum org_id);
extern bool export_user(ReturnSetInfo *result, const pg_uuid_t *user_id);

#endif
