/*
 * delete_referenced.c
 *		Deletes rows that other tables refer to: accounts, contacts, teams, members.
 *
 * Every write of a task locks the task first, then its links, and then, through the
 * foreign keys, the rows that it refers to.  A deletion that locked the referenced row
 * and then waited for tasks or links could deadlock with such a write, as ON DELETE
 * CASCADE can.  Therefore the references are removed first, by statements that lock rows
 * in the order of their keys, and the referenced row is locked only while nothing else is
 * waited for.  If a new reference has appeared by then, a subtransaction is rolled back
 * to release the lock, and the deletion starts again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "db/delete_referenced.h"
#include "db/suppressed_row.h"

/*
 * After this many rounds, in each of which a new reference appeared, the row stays locked
 * while the last references are removed.
 */
#define MAX_ROUNDS 10

/* take: what comes first, NULL for nothing. */
static void
take_references(ReferencedTable *table, const Datum *values, ReferenceTaker take, void *state)
{
	bool		isnull;

	if (take != NULL)
		take(state);
	for (int i = 0; i < MAX_REFERRING_TABLES && table->release[i].table != NULL; i++)
	{
		plan_run(&table->release[i].plan, values, NULL, false);
		if (DatumGetBool(plan_value(0, 1, &isnull)))
			suppress_raise(table->release[i].table);
	}
}

/*
 * Locks the row.  The lock is kept if nothing refers to the row, or if it must be kept.
 * *found: set to whether the row exists.  Returns whether the row is locked.
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
 * Removes all references to a row of an organization, and locks the row.  org_id, id: not
 * NULL; take: is called, with the state, each time before the plans of the table remove
 * references, and locks earlier than they do; NULL for nothing.  Returns false if there is
 * no such row.  Needs a frame in OWNER_TENANT mode.
 */
bool
delete_referenced_begin(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id,
						ReferenceTaker take, void *state)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};
	int			round = 1;
	bool		found;

	for (; !lock_unreferenced(table, values, round > MAX_ROUNDS, &found); round++)
	{
		if (!found)
			return false;
		take_references(table, values, take, state);
	}
	if (round > MAX_ROUNDS)
		take_references(table, values, take, state);
	return true;
}

/* Deletes the row.  The same transaction has called delete_referenced_begin(). */
void
delete_referenced_end(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};

	plan_run(&table->delete, values, NULL, false);
	plan_require_rows(1, table->name);
}

/*
 * Deletes a row of an organization and removes all references to it, with the plans of the
 * table.  Returns false if there is no such row.  Needs a frame in OWNER_TENANT mode.
 */
bool
delete_referenced(ReferencedTable *table, const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	if (!delete_referenced_begin(table, org_id, id, NULL, NULL))
		return false;
	delete_referenced_end(table, org_id, id);
	return true;
}
