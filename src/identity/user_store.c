/*
 * user_store.c
 *		Stores users and their memberships.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "identity/user_store.h"

static KeptPlan create_user_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.app_user (id, email, name)"
	" VALUES (coalesce($1, taskcrm.tc_uuidv7()), $2, coalesce($3, '')) RETURNING id",
	3, UUIDOID, TEXTOID, TEXTOID);

/* Returns whether there is a user whose email differs only in case. */
static KeptPlan alike_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.app_user WHERE taskcrm_internal.folded(email) = taskcrm_internal.folded($1)"
	" AND email <> $1",
	1, TEXTOID);

static KeptPlan rename_user_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.app_user SET name = $2 WHERE id = $1",
	2, UUIDOID, TEXTOID);

static KeptPlan add_member_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, is_active = true",
	3, UUIDOID, UUIDOID, TEXTOID);

/*
 * Creates a user.  *created: set to the id; id: NULL to make one; email, name: texts,
 * checked.  Raises 23505 if the email is taken, 09000 if a trigger suppresses the row.
 * Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
user_create(pg_uuid_t *created, NullableDatum id, Datum email, NullableDatum name)
{
	PlanArgs	args = {0};
	bool		isnull;

	/* The index would reject it too, but with a detail that is hard to understand. */
	if (plan_finds(&alike_plan, &email))
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the email differs only in case from the email of another user")));
	plan_arg_nullable(&args, id);
	plan_arg(&args, email);
	plan_arg_nullable(&args, name);
	plan_run_args(&create_user_plan, &args);
	plan_require_rows(1, "app_user");
	*created = *DatumGetUUIDP(plan_value(0, 1, &isnull));
}

/*
 * Changes the name of a user who exists.  name: text, checked.  Raises 09000 if a trigger
 * suppresses the row.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
user_rename(const pg_uuid_t *id, Datum name)
{
	Datum		values[2] = {UUIDPGetDatum(id), name};

	plan_run(&rename_user_plan, values, NULL, false);
	plan_require_rows(1, "app_user");
}

/*
 * Adds a member to an organization, or changes the role of one.  role: text, checked.
 * Raises 23503 if either does not exist, 09000 if a trigger suppresses the row.  Needs a
 * frame in OWNER_BOOKKEEPING mode.
 */
void
member_add(const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id), role};

	plan_run(&add_member_plan, values, NULL, false);
	plan_require_rows(1, "member");
}
