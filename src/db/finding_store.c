/*
 * finding_store.c
 *		Runs the checks of tc_doctor(), and stores the findings that an administrator
 *		has accepted.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

#include "db/finding_store.h"
#include "db/plan.h"

#define REPORT_SQL "SELECT r.* FROM taskcrm_internal.report_findings() r"

static KeptPlan write_finding_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.accepted_finding (check_name, object, why, accepted_by) VALUES ($1, $2, $3, $4)"
	" ON CONFLICT (check_name, object) DO UPDATE"
	" SET why = excluded.why, accepted_by = excluded.accepted_by, accepted_on = excluded.accepted_on",
	4, TEXTOID, TEXTOID, TEXTOID, NAMEOID);

static KeptPlan delete_finding_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.accepted_finding WHERE check_name = $1 AND object = $2",
	2, TEXTOID, TEXTOID);

/*
 * Runs all checks as the current user, who is a superuser or the owner of the tables.  The
 * result has the columns of tc_doctor().  Needs SPI.
 */
void
finding_report(void)
{
	int			result = SPI_execute(REPORT_SQL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

/*
 * Stores that a finding is accepted.  values: the check, the object and the reason, texts,
 * checked, and the name of who accepts it.  Raises 09000 if a trigger suppresses the row.
 * Needs a frame in OWNER_BOOKKEEPING mode, as finding_delete() does.
 */
void
finding_write(const Datum *values)
{
	plan_run(&write_finding_plan, values, NULL, false);
	plan_require_rows(1, "accepted_finding");
}

/* values: the check and the object, texts.  Returns whether the finding was accepted. */
bool
finding_delete(const Datum *values)
{
	return plan_finds(&delete_finding_plan, values);
}
