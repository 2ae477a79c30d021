/*
 * delete_cascaded.h
 *		Deletes the rows that ON DELETE CASCADE would delete, where a trigger might
 *		keep one of them.
 */
#ifndef TASKCRM_DELETE_CASCADED_H
#define TASKCRM_DELETE_CASCADED_H

#include "catalog/pg_type.h"

#include "db/plan.h"

/*
 * Rows of another table that are deleted together with a row, by the cascade of a foreign
 * key.  The arguments of the statements are the organization and the id of the row.
 */
typedef struct CascadePart
{
	const char *table;
	KeptPlan	delete;
	KeptPlan	left;
} CascadePart;

/*
 * A plan with these two arguments.  It runs in OWNER_BOOKKEEPING mode, as the cascade
 * itself does.
 */
#define CASCADE_PLAN(text) \
	BOOKKEEPING_PLAN(text, 2, UUIDOID, UUIDOID)
#define CASCADE_PART_IN(schema, name, condition) { \
	.table = (name), \
	.delete = CASCADE_PLAN("DELETE FROM " schema "." name " WHERE org_id = $1 AND " condition), \
	.left = CASCADE_PLAN("SELECT FROM " schema "." name " WHERE org_id = $1 AND " condition " LIMIT 1") \
}
/* The same for several rows: the second argument is uuid[]. */
#define CASCADE_PARTS(schema, name, condition) { \
	.table = (name), \
	.delete = BOOKKEEPING_PLAN("DELETE FROM " schema "." name " WHERE org_id = $1 AND " condition, \
							   2, UUIDOID, UUIDARRAYOID), \
	.left = BOOKKEEPING_PLAN("SELECT FROM " schema "." name " WHERE org_id = $1 AND " condition " LIMIT 1", \
							 2, UUIDOID, UUIDARRAYOID) \
}
#define CASCADE_PART(name, condition) \
	CASCADE_PART_IN("taskcrm", name, condition)

extern void delete_part(CascadePart *part, const Datum *values);
extern void delete_cascaded(CascadePart *part, const Datum *values);

#endif
