/*
 * suppress.h
 *		Rows that somebody else's trigger keeps from being written.
 */
#ifndef TASKCRM_SUPPRESS_H
#define TASKCRM_SUPPRESS_H

#include "base/compat.h"
#include "db/plan.h"

/*
 * Rows of another table that go with a row, by the cascade of a foreign key.  The
 * statements have the organization and the id of the row as arguments.
 */
typedef struct SuppressPart
{
	const char *table;
	KeptPlan	delete;
	KeptPlan	left;
} SuppressPart;

/* One that has the two arguments, and is for no tenant, as the cascade is. */
#define SUPPRESS_PLAN(text) \
	{.sql = (text), .mode = OWNER_BOOKKEEPING, .nargs = 2, .argtypes = {UUIDOID, UUIDOID}}
#define SUPPRESS_PART(name, condition) { \
	.table = (name), \
	.delete = SUPPRESS_PLAN("DELETE FROM taskcrm." name " WHERE org_id = $1 AND " condition), \
	.left = SUPPRESS_PLAN("SELECT FROM taskcrm." name " WHERE org_id = $1 AND " condition " LIMIT 1") \
}

extern bool suppress_is_possible(const char *table);
tc_noreturn extern void suppress_raise(const char *table);
extern void suppress_delete_part(SuppressPart *part, const Datum *values);
extern void suppress_delete_cascaded(SuppressPart *part, const Datum *values);

#endif
