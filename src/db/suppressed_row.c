/*
 * suppressed_row.c
 *		Rows that somebody else's trigger keeps from being written.
 *
 * A trigger BEFORE a row that returns NULL, or a rule, makes a statement leave the row
 * out without an error.  A call must not then tell that it has done what it has not, and
 * a cascade must not leave rows behind that refer to nothing: it raises 09000 instead.
 * What a statement writes itself, its count of rows tells (plan_require_rows()).  What
 * else belongs to a call is looked at afterwards, and only where there is such a trigger.
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
 * Whether a table has a trigger that may suppress rows and is not ours, or a rule.
 * table: unqualified.  Raises 55000 when it is missing.
 */
bool
suppress_is_possible(const char *table)
{
	Relation	relation = table_open(owner_require_table(table), AccessShareLock);
	const TriggerDesc *triggers = relation->trigdesc;
	Oid			own_schema = get_namespace_oid("taskcrm_internal", false);
	bool		is_possible = relation->rd_rules != NULL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_BEFORE(trigger->tgtype) && TRIGGER_FOR_ROW(trigger->tgtype) &&
			get_func_namespace(trigger->tgfoid) != own_schema)
			is_possible = true;
	}
	table_close(relation, AccessShareLock);
	return is_possible;
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
