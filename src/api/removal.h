/*
 * removal.h
 *		Deleting what others refer to: accounts, contacts, teams, members.
 */
#ifndef TASKCRM_REMOVAL_H
#define TASKCRM_REMOVAL_H

#include "api/call.h"
#include "db/plan.h"

#define REMOVAL_MAX_RELEASES 3

/* One kind of thing.  The statements have the organization and its id as arguments. */
typedef struct Removal
{
	const char *table;			/* where it is */
	KeptPlan	lock;			/* locks it FOR UPDATE; no row if it is not there */
	KeptPlan	is_referred;	/* gives a row if anything refers to it */
	/* Take away the references that a table has, and give whether one was left. */
	struct
	{
		const char *table;
		KeptPlan	plan;
	}			release[REMOVAL_MAX_RELEASES];
	KeptPlan	delete;
} Removal;

extern bool removal_run(Removal *removal, const ApiCall *call, const pg_uuid_t *id);

#endif
