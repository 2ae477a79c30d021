/*
 * delete_cascaded.c
 *		Deletes the rows that ON DELETE CASCADE would delete, where a trigger might
 *		keep one of them.
 */
#include "postgres.h"

#include "db/delete_cascaded.h"
#include "db/suppressed_row.h"

/*
 * Deletes the dependent rows of a row.  values: the arguments of the part's plans.
 * Raises 09000 if a row is left.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
delete_part(CascadePart *part, const Datum *values)
{
	plan_run(&part->delete, values, NULL, false);
	if (suppress_is_possible(part->table) && plan_finds(&part->left, values))
		suppress_raise(part->table);
}

/*
 * Does the same before the row itself is deleted, and only if a trigger could keep the
 * cascade from deleting a row.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
delete_cascaded(CascadePart *part, const Datum *values)
{
	OwnerSwitch saved;

	if (!suppress_is_possible(part->table))
		return;
	owner_enter(&saved, OWNER_BOOKKEEPING);
	delete_part(part, values);
	owner_leave(&saved);
}
