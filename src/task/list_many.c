/*
 * list_many.c
 *		Whether many tasks are linked to a row: on that depends how a list reads them.
 *
 * The answer is found by counting up to MANY links.  That it is yes is remembered for a while, since
 * this takes longest then; nothing but the way of reading depends on it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "db/plan.h"
#include "task/list_many.h"
#include "task/task_fields.h"
#include "task/task_links.h"

/* A page is not sorted out of more links than this; to scan so many takes about 0.2 ms. */
#define MANY "2000"
#define REMEMBERED_FOR USECS_PER_MINUTE

/* By kind; $1 organization, $2 linked row. */
static KeptPlan link_plans[TASK_LINKS];

/* The same of open tasks; $3 kind. */
static KeptPlan open_link_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.open_link o WHERE o.org_id = $1 AND o.target_id = $2 AND o.kind = $3"
	" OFFSET " MANY " LIMIT 1",
	3, UUIDOID, UUIDOID, INT4OID);

/* Rows with many links, a new one in place of the oldest. */
static struct
{
	pg_uuid_t	org_id;
	pg_uuid_t	target;
	int			kind;
	bool		are_open;
	TimestampTz until;			/* 0 in one that is not used yet */
}			remembered[64];
static int	next_remembered = 0;

static void
build_links(KeptPlan *plan, StringInfo sql)
{
	const TaskField *field = &task_fields[task_links[plan - link_plans]];

	plan->nargs = 0;
	plan_parameter(plan, UUIDOID);
	plan_parameter(plan, UUIDOID);
	appendStringInfo(sql, "SELECT FROM taskcrm.%s l WHERE l.org_id = $1 AND l.%s = $2 OFFSET " MANY " LIMIT 1",
					 field->link_table, field->link_column);
}

static bool
is_remembered(const pg_uuid_t *org_id, int kind, const pg_uuid_t *target, bool are_open)
{
	TimestampTz now = GetCurrentStatementStartTimestamp();

	for (int i = 0; i < (int) lengthof(remembered); i++)
	{
		if (remembered[i].until > now && remembered[i].kind == kind && remembered[i].are_open == are_open &&
			tc_uuid_compare(&remembered[i].target, target) == 0 && tc_uuid_compare(&remembered[i].org_id, org_id) == 0)
			return true;
	}
	return false;
}

static void
remember(const pg_uuid_t *org_id, int kind, const pg_uuid_t *target, bool are_open)
{
	remembered[next_remembered].org_id = *org_id;
	remembered[next_remembered].kind = kind;
	remembered[next_remembered].target = *target;
	remembered[next_remembered].are_open = are_open;
	remembered[next_remembered].until = GetCurrentStatementStartTimestamp() + REMEMBERED_FOR;
	next_remembered = (next_remembered + 1) % (int) lengthof(remembered);
}

/*
 * Returns whether more than MANY tasks are linked to a row, or were a short time ago.  kind: of
 * links, an index in task_links; are_open: open tasks only.  Needs an API call in progress.
 */
bool
list_many_links(const pg_uuid_t *org_id, int kind, const pg_uuid_t *target, bool are_open)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(target), Int32GetDatum(kind)};

	if (is_remembered(org_id, kind, target, are_open))
		return true;
	if (link_plans[kind].build == NULL)
		link_plans[kind] = (KeptPlan) {.mode = OWNER_TENANT, .build = build_links};
	plan_run(are_open ? &open_link_plan : &link_plans[kind], values, NULL, true);
	if (SPI_processed == 0)
		return false;
	remember(org_id, kind, target, are_open);
	return true;
}
