/*
 * delete_referenced.c
 *		Deleting what others refer to: accounts, contacts, teams, members.
 *
 * Every write of a task locks the task first, then its links, and what it refers to
 * last, by its foreign keys.  A removal that held the thing while it waited for tasks or
 * links would wait in a circle with them, as ON DELETE CASCADE does.  So it takes the
 * references away first, each statement in the order of their keys, and holds the thing
 * only while it waits for nothing: it looks whether anybody refers to it, and if so lets
 * go, by a subtransaction that is rolled back, and begins again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "db/delete_referenced.h"
#include "db/suppressed_row.h"

/*
 * After so many rounds, in each of which somebody referred to it anew, it is held while
 * the last references are taken away.
 */
#define MAX_ROUNDS 10

static void
take_references(ReferencedTable *table, const Datum *values)
{
	bool		isnull;

	for (int i = 0; i < MAX_REFERRING_TABLES && table->release[i].table != NULL; i++)
	{
		plan_run(&table->release[i].plan, values, NULL, false);
		if (DatumGetBool(plan_value(0, 1, &isnull)))
			suppress_raise(table->release[i].table);
	}
}

/*
 * Locks the thing, and keeps the lock if nothing refers to it or it must be kept.
 * *found: whether it is there.  Returns whether it is locked.
 */
static bool
lock_unreferenced(ReferencedTable *table, const Datum *values, bool must_keep, bool *found)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool keep = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		*found = plan_finds(&table->lock, values);
		keep = *found && (must_keep || !plan_finds(&table->is_referred, values));
		if (keep)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();
	if (!keep)
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return keep;
}

/*
 * Deletes a thing of an organization, and whatever refers to it loses it.  org_id, id: not
 * NULL.  Returns false when there is no such thing.  Needs a frame of the tenant's in
 * progress.
 */
bool
delete_referenced(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};
	int			round = 1;
	bool		found;

	for (; !lock_unreferenced(table, values, round > MAX_ROUNDS, &found); round++)
	{
		if (!found)
			return false;
		take_references(table, values);
	}
	if (round > MAX_ROUNDS)
		take_references(table, values);
	plan_run(&table->delete, values, NULL, false);
	plan_require_rows(1, table->name);
	return true;
}
