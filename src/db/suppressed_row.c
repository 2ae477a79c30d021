/*
 * suppressed_row.c
 *		Detects rows that a user-defined trigger or rule keeps from being written.
 *
 * A BEFORE ROW trigger that returns NULL, or a rule, makes a statement skip a row without
 * an error.  An API call must not report success for a row that it did not write, and a
 * cascade must not leave rows that refer to nothing: both raise 09000.  The row count of
 * a statement shows what the statement itself wrote (plan_require_rows()).  Rows that are
 * written as a consequence are checked afterwards, and only if such a trigger exists.
 * suppress_may_interfere() is for statements that put off their own bookkeeping: anything else
 * that runs in between could read or change it.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "db/owner.h"
#include "db/suppressed_row.h"

/*
 * Returns whether a table has a rule, or a trigger that does not belong to the extension.
 * suppresses: only a trigger that may suppress rows.
 */
static bool
has_user_trigger(const char *table, bool suppresses)
{
	Relation	relation = table_open(owner_require_table(table), AccessShareLock);
	const TriggerDesc *triggers = relation->trigdesc;
	Oid			own_schema = get_namespace_oid("taskcrm_internal", false);
	bool		found = relation->rd_rules != NULL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (!trigger->tgisinternal &&
			(!suppresses || (TRIGGER_FOR_BEFORE(trigger->tgtype) && TRIGGER_FOR_ROW(trigger->tgtype))) &&
			get_func_namespace(trigger->tgfoid) != own_schema)
			found = true;
	}
	table_close(relation, AccessShareLock);
	return found;
}

/*
 * Returns whether a table has a rule, or a trigger that may suppress rows and does not
 * belong to the extension.  table: unqualified.  Raises 55000 if it does not exist.
 */
bool
suppress_is_possible(const char *table)
{
	return has_user_trigger(table, true);
}

/*
 * Returns whether anything but the extension may run while rows of a table are written.
 * table: unqualified.  Raises 55000 if it does not exist.
 */
bool
suppress_may_interfere(const char *table)
{
	return has_user_trigger(table, false);
}

/* Raises 09000.  table: where a row was suppressed. */
void
suppress_raise(const char *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("a trigger on table \"%s\" suppressed a row", table),
			 errhint("A trigger that refuses a row must raise an error.")));
}
