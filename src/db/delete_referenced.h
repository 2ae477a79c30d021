/*
 * delete_referenced.h
 *		Deleting what others refer to: accounts, contacts, teams, members.
 */
#ifndef TASKCRM_DELETE_REFERENCED_H
#define TASKCRM_DELETE_REFERENCED_H

#include "base/uuid.h"
#include "db/plan.h"

#define MAX_REFERRING_TABLES 3

/* One kind of thing.  The statements have the organization and its id as arguments. */
typedef struct ReferencedTable
{
	const char *name;			/* where it is */
	KeptPlan	lock;			/* locks it FOR UPDATE; no row if it is not there */
	KeptPlan	is_referred;	/* gives a row if anything refers to it */
	/* Take away the references that a table has, and give whether one was left. */
	struct
	{
		const char *table;
		KeptPlan	plan;
	}			release[MAX_REFERRING_TABLES];
	KeptPlan	delete;
} ReferencedTable;

extern bool delete_referenced(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id);

#endif
