/*
 * delete_referenced.h
 *		Deletes rows that other tables refer to: accounts, contacts, teams, members.
 */
#ifndef TASKCRM_DELETE_REFERENCED_H
#define TASKCRM_DELETE_REFERENCED_H

#include "base/uuid.h"
#include "db/plan.h"

#define MAX_REFERRING_TABLES 2

/*
 * One kind of referenced row.  The arguments of the statements are the organization and
 * the id of the row.
 */
typedef struct ReferencedTable
{
	const char *name;			/* where it is */
	KeptPlan	lock;			/* locks it FOR UPDATE; no row if it does not exist */
	KeptPlan	is_referred;	/* returns a row if anything refers to it */
	/* Remove the references in one table, and return whether one is left. */
	struct
	{
		const char *table;
		KeptPlan	plan;
	}			release[MAX_REFERRING_TABLES];
	KeptPlan	delete;
} ReferencedTable;

/* Removes references that no plan of the table removes. */
typedef void (*ReferenceTaker) (void *state);

extern bool delete_referenced(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id);
extern bool delete_referenced_begin(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id,
									ReferenceTaker take, void *state);
extern void delete_referenced_end(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id);

#endif
