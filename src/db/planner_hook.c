/*
 * planner_hook.c
 *		How the statements of the extension are planned.
 *
 * Their plans are kept, so that what a session has set at the moment when one is made
 * decides for the rest of the session.  A method that is switched off would leave a list
 * without its index; and JIT, which the server switches on by the estimated cost, would
 * compile a statement that runs for 0.1 ms at each of its runs, for 5 to 50 ms.
 *
 * So both are taken care of where plans are made, which costs the calls nothing.  What
 * describes the machine (the cost parameters, work_mem) is the administrator's, and
 * counts here as everywhere.
 */
#include "postgres.h"

#include "jit/jit.h"
#include "optimizer/cost.h"
#include "optimizer/planner.h"
#include "utils/guc.h"

#include "db/owner.h"
#include "db/planner_hook.h"

static planner_hook_type next_planner = NULL;

/* The methods that plans of ours may need. */
static const struct
{
	const char *setting;
	const bool *is_on;
}			methods[] = {
	{"enable_bitmapscan", &enable_bitmapscan},
	{"enable_hashagg", &enable_hashagg},
	{"enable_hashjoin", &enable_hashjoin},
	{"enable_incremental_sort", &enable_incremental_sort},
	{"enable_indexonlyscan", &enable_indexonlyscan},
	{"enable_indexscan", &enable_indexscan},
	{"enable_material", &enable_material},
	{"enable_mergejoin", &enable_mergejoin},
	{"enable_nestloop", &enable_nestloop},
	{"enable_seqscan", &enable_seqscan},
	{"enable_sort", &enable_sort},
	{"enable_tidscan", &enable_tidscan},
};

/* Plans, by whatever other hook there is. */
static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo parameters)
{
	if (next_planner != NULL)
		return next_planner(query, text, options, parameters);
	return standard_planner(query, text, options, parameters);
}

/*
 * The hook: plans a statement of our own, and of triggers below it, with all methods and
 * without JIT.  On an error the server puts the settings back itself.
 */
static PlannedStmt *
plan_statement(Query *query, const char *text, int options, ParamListInfo parameters)
{
	PlannedStmt *statement;
	int			guc_level;

	if (!owner_plans())
		return plan_next(query, text, options, parameters);

	guc_level = NewGUCNestLevel();
	for (int i = 0; i < (int) lengthof(methods); i++)
	{
		if (!*methods[i].is_on)
			(void) set_config_option(methods[i].setting, "on", PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
	}
	statement = plan_next(query, text, options, parameters);
	AtEOXact_GUC(true, guc_level);
	statement->jitFlags = PGJIT_NONE;
	return statement;
}

/* Puts the hook in its place.  For _PG_init. */
void
planner_hook_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan_statement;
}
