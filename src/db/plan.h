/*
 * plan.h
 *		SQL statements that are planned once and kept.
 */
#ifndef TASKCRM_PLAN_H
#define TASKCRM_PLAN_H

#include "executor/spi.h"
#include "lib/stringinfo.h"

#include "db/owner.h"

#define PLAN_MAX_ARGS 40

/*
 * A statement known at compile time, in a static variable.  Its text is either written in
 * the code or built from the table of fields when the statement first runs.
 */
typedef struct KeptPlan
{
	const char *sql;			/* or NULL, with build set: */
	void		(*build) (struct KeptPlan *plan, StringInfo sql);	/* sets nargs, argtypes */
	OwnerMode	mode;			/* the only mode it may run in */
	int			nargs;
	Oid			argtypes[PLAN_MAX_ARGS];
	SPIPlanPtr	kept;			/* NULL until first run */
	uint32		built_in;		/* see plan_forget_built() */
} KeptPlan;

/*
 * A statement with the types of its arguments.  TENANT_PLAN() runs under row-level security,
 * for an organization; BOOKKEEPING_PLAN() does not.
 */
#define TENANT_PLAN(text, count, ...) \
	{.sql = (text), .mode = OWNER_TENANT, .nargs = (count), .argtypes = {__VA_ARGS__}}
#define BOOKKEEPING_PLAN(text, count, ...) \
	{.sql = (text), .mode = OWNER_BOOKKEEPING, .nargs = (count), .argtypes = {__VA_ARGS__}}

/*
 * The arguments of a statement, added in their order to a variable that is zero.  For
 * statements whose arguments may be NULL or are many.
 */
typedef struct PlanArgs
{
	int			count;
	Datum		values[PLAN_MAX_ARGS];
	char		nulls[PLAN_MAX_ARGS];	/* as for SPI_execute_plan() */
} PlanArgs;

/* Identifies a list query.  Compared byte by byte. */
typedef struct PlanKey
{
	uint32		words[10];
} PlanKey;

extern int	plan_parameter(KeptPlan *plan, Oid type);
extern void plan_arg(PlanArgs *args, Datum value);
extern void plan_arg_nullable(PlanArgs *args, NullableDatum value);
extern void plan_arg_text(PlanArgs *args, const char *value);
extern void plan_run_args(KeptPlan *plan, const PlanArgs *args);

extern void plan_run(KeptPlan *plan, const Datum *values, const char *nulls, bool read_only);
extern Portal plan_open(KeptPlan *plan, const Datum *values);
extern void plan_run_some(KeptPlan *plan, const Datum *values, bool read_only, uint64 max);
extern bool plan_finds(KeptPlan *plan, const Datum *values);
extern void plan_run_latest(KeptPlan *plan, const Datum *values, const char *nulls);
extern void plan_run_newest(KeptPlan *plan, const Datum *values);

extern SPIPlanPtr plan_find_query(const PlanKey *key);
extern SPIPlanPtr plan_keep_query(const PlanKey *key, const char *sql,
								  int nargs, const Oid *argtypes, bool by_value);
extern SPIPlanPtr plan_query_by_text(const char *sql, int nargs, const Oid *argtypes);
extern void plan_forget_built(void);
extern void plan_run_query(SPIPlanPtr plan, const Datum *values, int64 limit);
extern void plan_run_writing_query(SPIPlanPtr plan, const Datum *values);

extern void plan_require_rows(uint64 count, const char *table);
extern Datum plan_value(uint64 row, int column, bool *isnull);

#endif
