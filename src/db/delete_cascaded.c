/*
 * delete_cascaded.c
 *		Rows that go with a row, by the cascade of a foreign key, where a trigger might keep one.
 */
#include "postgres.h"

#include "db/delete_cascaded.h"
#include "db/suppressed_row.h"

/*
 * Deletes the parts of a row.  values: as the plans of the part take them.  Raises 09000
 * when one is left.  Needs a call in progress, for no tenant.
 */
void
delete_part(CascadePart *part, const Datum *values)
{
	plan_run(&part->delete, values, NULL, false);
	if (suppress_is_possible(part->table) && plan_finds(&part->left, values))
		suppress_raise(part->table);
}

/*
 * The same before the row itself is deleted, and only where a trigger could keep the
 * cascade from it.  Needs a call in progress.
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
