/*
 * planner_hook.c
 *		Controls how the statements of the extension are planned.
 *
 * Plans are kept, so the settings in effect when a plan is made apply for the rest of the
 * session.  If the session had disabled a plan type, a list would not use its index.
 * JIT, which the server enables by estimated cost, would compile a statement that takes
 * 0.1 ms for 5 to 50 ms at each run.
 *
 * The hook sets both when a plan is made, at no cost to later calls.  Settings that
 * describe the machine, such as the cost parameters and work_mem, belong to the
 * administrator and apply as everywhere.
 */
#include "postgres.h"

#include "jit/jit.h"
#include "optimizer/cost.h"
#include "optimizer/planner.h"
#include "utils/guc.h"

#include "db/owner.h"
#include "db/planner_hook.h"

static planner_hook_type next_planner = NULL;

/* The plan types that the extension's plans may need. */
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

/* Plans a query with the previous hook, or with the standard planner. */
static PlannedStmt *
plan_next(Query *query, const char *text, int options, ParamListInfo parameters)
{
	if (next_planner != NULL)
		return next_planner(query, text, options, parameters);
	return standard_planner(query, text, options, parameters);
}

/*
 * The hook.  Plans statements of the extension, and of triggers that they fire, with all
 * plan types enabled and without JIT.  After an error the server restores the settings.
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

/* Installs the hook.  Called by _PG_init(). */
void
planner_hook_init(void)
{
	next_planner = planner_hook;
	planner_hook = plan_statement;
}
