/*
 * list_count.c
 *		Counts the tasks on all pages of a list.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "base/decision_log.h"
#include "db/plan.h"
#include "task/list_count.h"
#include "task/list_query.h"

/*
 * A sample of an organization's tasks: a few from each of many times between the first
 * and the last.
 */
#define SAMPLED_TIMES "40"
#define SAMPLED_EACH "25"

static KeptPlan sample_plan = TENANT_PLAN(
	"SELECT DISTINCT s.id FROM (SELECT pg_catalog.min(t.created_on) AS first, pg_catalog.max(t.created_on) AS last"
	" FROM taskcrm.task t WHERE t.org_id = $1) b, pg_catalog.generate_series(0, " SAMPLED_TIMES " - 1) g,"
	" LATERAL (SELECT t.id FROM taskcrm.task t WHERE t.org_id = $1"
	" AND t.created_on >= b.first + (b.last - b.first) * (g::pg_catalog.float8 / " SAMPLED_TIMES ")"
	" ORDER BY t.created_on, t.id LIMIT " SAMPLED_EACH ") s",
	1, UUIDOID);

/* The sum over no rows is NULL. */
static int64
get_page_count(void)
{
	bool		isnull;
	Datum		count = plan_value(0, 1, &isnull);

	return isnull ? 0 : DatumGetInt64(count);
}

/* Returns the exact number.  Needs an API call in progress. */
int64
list_count_exactly(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	decision_log("counting exactly, from the %s", list_query_is_counted(filters) ? "counters" : "tasks");
	list_query_run(filters, org_id, list_query_is_counted(filters) ? LIST_QUERY_COUNTERS : LIST_QUERY_COUNT, PART_WHOLE, 0, 0);
	return get_page_count();
}

/*
 * Estimates the number from the share of matching tasks in a sample.  The planner's
 * estimate is not used: it is made from the tasks of all organizations.
 */
static double
estimate_count(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	TaskFilters all = {0};
	Datum		org = UUIDPGetDatum(org_id);
	uint64		sampled;
	Datum	   *ids;
	bool		isnull;
	double		share;

	plan_run(&sample_plan, &org, NULL, true);
	sampled = SPI_processed;
	if (sampled == 0)
		return 0;
	ids = palloc(sizeof(Datum) * sampled);
	for (uint64 row = 0; row < sampled; row++)
		ids[row] = plan_value(row, 1, &isnull);
	list_query_count_among(filters, org_id, PointerGetDatum(construct_array(ids, (int) sampled, UUIDOID,
																			UUID_LEN, false, TYPALIGN_CHAR)));
	share = (double) get_page_count() / (double) sampled;
	return rint(share * (double) list_count_exactly(&all, org_id));
}

/*
 * Returns the exact number if it is small, else an estimate.  Needs an API call in
 * progress.
 */
int64
list_count_roughly(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	int64		counted;
	double		estimated;

	if (list_query_is_counted(filters))
		return list_count_exactly(filters, org_id);
	/* Counting up to this many takes about 0.2 ms. */
	list_query_run(filters, org_id, LIST_QUERY_COUNT_SOME, PART_WHOLE, 0, 0);
	counted = get_page_count();
	if (counted < LIST_QUERY_SOME)
		return counted;
	decision_log("counting roughly, from a sample of the tasks");
	estimated = estimate_count(filters, org_id);
	/* There are more matching tasks than the sample shows. */
	return estimated > (double) counted ? (int64) estimated : counted;
}
