/*
 * organization.h
 *		Creates, reads and renames an organization, and deletes it with everything that
 *		belongs to it.
 */
#ifndef TASKCRM_ORGANIZATION_H
#define TASKCRM_ORGANIZATION_H

#include "base/uuid.h"
#include "db/row.h"

/* An organization as JSON: id, name, created_on. */
extern const RowSchema organization_schema;

/* A row of tc_list_organizations(). */
typedef struct OrganizationRow
{
	Datum		values[5];
	bool		nulls[5];
} OrganizationRow;

extern void organization_create(pg_uuid_t *created, NullableDatum id, Datum name, NullableDatum external_id);
extern bool organization_write(JsonWriter *out, const pg_uuid_t *org_id);
extern void organization_lock(const pg_uuid_t *org_id);
extern bool organization_rename(JsonWriter *out, const pg_uuid_t *org_id, Datum name);
extern bool organization_list(uint64 number, OrganizationRow *row);
extern bool organization_set_external_id(const pg_uuid_t *org_id, NullableDatum external_id);
extern bool organization_delete(const pg_uuid_t *org_id);
extern void organization_delete_copies(const pg_uuid_t *org_id);
extern int	organization_ids(pg_uuid_t **ids);
extern bool organization_near(pg_uuid_t *org_id, int32 hash);
extern const char *organization_table(int number, int *lock_order);

#endif
