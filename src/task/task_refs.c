/*
 * task_refs.c
 *		Checks that a task, and the rows that it refers to, exist.
 *
 * The foreign keys would also reject a bad reference.  Checking first, with one statement
 * for all of them, gives a message that names the caller's key.  Besides, no foreign key
 * can require that an assignee is an active member.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "task/task_refs.h"

/* The fields whose ids are the statement's parameters, starting with $2. */
static const int fields[] = {TASK_ACCOUNT, TASK_CONTACTS, TASK_ASSIGNED_TO, TASK_TEAMS};

/*
 * Scalar subqueries instead of NOT EXISTS, which would become an anti-join; a generic
 * plan for that may read all of an organization's accounts or contacts.
 */
static KeptPlan missing_plan = TENANT_PLAN(
	"(SELECT 0, r.id FROM unnest($2) r (id) WHERE (SELECT x.id FROM taskcrm.account x"
	" WHERE x.org_id = $1 AND x.id = r.id) IS NULL LIMIT 1)"
	" UNION ALL (SELECT 1, r.id FROM unnest($3) r (id) WHERE (SELECT x.id FROM taskcrm.contact x"
	" WHERE x.org_id = $1 AND x.id = r.id) IS NULL LIMIT 1)"
	" UNION ALL (SELECT 2, r.id FROM unnest($4) r (id) WHERE (SELECT x.user_id FROM taskcrm.member x"
	" WHERE x.org_id = $1 AND x.user_id = r.id AND x.is_active) IS NULL LIMIT 1)"
	" UNION ALL (SELECT 3, r.id FROM unnest($5) r (id) WHERE (SELECT x.id FROM taskcrm.team x"
	" WHERE x.org_id = $1 AND x.id = r.id) IS NULL LIMIT 1)"
	" LIMIT 1",
	5, UUIDOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID);

/* Adds an id to check.  references: zeroed before the first call. */
void
task_refs_add(TaskReferences *references, int field, const pg_uuid_t *id)
{
	if (references->count[field] == references->size[field])
	{
		references->size[field] = Max(8, references->size[field] * 2);
		references->ids[field] = references->ids[field] == NULL ?
			palloc(sizeof(Datum) * references->size[field]) :
			repalloc(references->ids[field], sizeof(Datum) * references->size[field]);
	}
	references->ids[field][references->count[field]++] = UUIDPGetDatum(id);
}

/*
 * Looks for a reference to a row that does not exist in the organization, or to an
 * assignee who is not an active member.  Returns false if there is none; otherwise sets
 * *field and *id to one.  Needs an API call in progress.
 */
bool
task_refs_missing(const TaskReferences *references, const pg_uuid_t *org_id,
				  int *field, pg_uuid_t *id)
{
	Datum		values[1 + lengthof(fields)] = {UUIDPGetDatum(org_id)};
	int			total = 0;
	bool		isnull;

	for (int i = 0; i < (int) lengthof(fields); i++)
	{
		values[1 + i] = PointerGetDatum(tc_uuid_array(references->ids[fields[i]], references->count[fields[i]]));
		total += references->count[fields[i]];
	}
	if (total == 0)
		return false;

	plan_run(&missing_plan, values, NULL, false);
	if (SPI_processed == 0)
		return false;
	*field = fields[DatumGetInt32(plan_value(0, 1, &isnull))];
	*id = *DatumGetUUIDP(plan_value(0, 2, &isnull));
	return true;
}

/*
 * Returns whether the caller can see a task.  read_only: true in STABLE functions; false
 * sees what is committed until now.  Needs an API call in progress.
 */
bool
task_refs_task_exists(const pg_uuid_t *org_id, const pg_uuid_t *task_id, bool read_only)
{
	static KeptPlan plan = TENANT_PLAN(
		"SELECT FROM taskcrm.task WHERE org_id = $1 AND id = $2",
		2, UUIDOID, UUIDOID);
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(task_id)};

	plan_run(&plan, values, NULL, read_only);
	return SPI_processed > 0;
}

static int
unknown_reference_detail(int field, const pg_uuid_t *id)
{
	char		value[TC_UUID_TEXT_LEN + 1];

	tc_uuid_format(id, value);
	switch (field)
	{
		case TASK_ID:
			return errdetail("The organization has no task with id %s.", value);
		case TASK_ACCOUNT:
			return errdetail("The organization has no account with id %s.", value);
		case TASK_CONTACTS:
			return errdetail("The organization has no contact with id %s.", value);
		case TASK_ASSIGNED_TO:
			return errdetail("The organization has no active member with id %s.", value);
		case TASK_TEAMS:
			return errdetail("The organization has no team with id %s.", value);
	}
	elog(ERROR, "field %d is not a reference", field);
}

/*
 * Raises 23503 for a reference; the error is the same for unknown and foreign ids.
 * name: of the key, argument or column; object: what has the key, or NULL; field: the
 * field of a task with ids of the same kind, TASK_ID for those of tasks.
 */
void
task_refs_raise(const char *name, const char *object, int field, const pg_uuid_t *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 object == NULL ?
			 errmsg("\"%s\" refers to something that does not exist", name) :
			 errmsg("\"%s\" in %s refers to something that does not exist", name, object),
			 unknown_reference_detail(field, id)));
}
