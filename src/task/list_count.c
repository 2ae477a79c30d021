/*
 * list_count.c
 *		How many tasks there are on all pages of a list.
 */
#include "postgres.h"

#include "db/plan.h"
#include "task/list_count.h"
#include "task/shape.h"

/* The sum over no rows at all is NULL. */
static int64
get_count(void)
{
	bool		isnull;
	Datum		count = plan_value(0, 1, &isnull);

	return isnull ? 0 : DatumGetInt64(count);
}

/* The exact number.  Needs an API call in progress. */
int64
list_count_exactly(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	shape_run(filters, org_id, shape_is_counted(filters) ? SHAPE_COUNTERS : SHAPE_COUNT, PART_WHOLE, 0, 0);
	return get_count();
}

/*
 * The exact number if it is small, else what the planner expects.  Needs an API call in
 * progress.
 */
int64
list_count_roughly(const TaskFilters *filters, const pg_uuid_t *org_id)
{
	int64		counted;
	double		expected;

	if (shape_is_counted(filters))
		return list_count_exactly(filters, org_id);
	/* Counting this many takes about 0.2 ms. */
	shape_run(filters, org_id, SHAPE_COUNT_SOME, PART_WHOLE, 0, 0);
	counted = get_count();
	if (counted < SHAPE_SOME)
		return counted;
	expected = shape_estimate(filters, org_id);
	/* More of them are there than the planner knows of. */
	return expected > (double) counted ? (int64) expected : counted;
}
