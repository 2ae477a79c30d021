/*
 * delete_cascaded.h
 *		Rows that go with a row, by the cascade of a foreign key, where a trigger might keep one.
 */
#ifndef TASKCRM_DELETE_CASCADED_H
#define TASKCRM_DELETE_CASCADED_H

#include "catalog/pg_type.h"

#include "db/plan.h"

/*
 * Rows of another table that go with a row, by the cascade of a foreign key.  The
 * statements have the organization and the id of the row as arguments.
 */
typedef struct CascadePart
{
	const char *table;
	KeptPlan	delete;
	KeptPlan	left;
} CascadePart;

/* One that has the two arguments, and is for no tenant, as the cascade is. */
#define CASCADE_PLAN(text) \
	{.sql = (text), .mode = OWNER_BOOKKEEPING, .nargs = 2, .argtypes = {UUIDOID, UUIDOID}}
#define CASCADE_PART(name, condition) { \
	.table = (name), \
	.delete = CASCADE_PLAN("DELETE FROM taskcrm." name " WHERE org_id = $1 AND " condition), \
	.left = CASCADE_PLAN("SELECT FROM taskcrm." name " WHERE org_id = $1 AND " condition " LIMIT 1") \
}

extern void delete_part(CascadePart *part, const Datum *values);
extern void delete_cascaded(CascadePart *part, const Datum *values);

#endif
