/*
 * member.c
 *		The role of a member of an organization, and whether it is active.
 *
 * Members are added by identity/user_store.c and removed by task/reassign.c.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/member.h"

static const RowField member_fields[] = {
	{"id", ROW_UUID, false, "The id of the user."},
	{"name", ROW_TEXT, false, "The name; may be empty."},
	{"email", ROW_TEXT, false, "The email address."},
	{"role", ROW_TEXT, false, "The role in the organization: admin or member."},
	{"is_active", ROW_BOOLEAN, false, "Whether the member has access. The work of a member without access remains."}
};

const RowSchema member_schema = {"Member", "A member of the organization.", lengthof(member_fields), member_fields};

/*
 * $3, $4: NULL keeps the value.  The trigger keep_admin waits for other statements that
 * remove an admin, and raises PT409 if none is left.
 */
static KeptPlan update_member_plan = TENANT_PLAN(
	"UPDATE taskcrm.member m SET role = coalesce($3, m.role), is_active = coalesce($4, m.is_active)"
	" FROM taskcrm.app_user u WHERE m.org_id = $1 AND m.user_id = $2 AND u.id = $2"
	" RETURNING u.id, u.name, u.email, m.role, m.is_active",
	4, UUIDOID, UUIDOID, TEXTOID, BOOLOID);

static KeptPlan find_one_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.member WHERE org_id = $1 AND user_id = $2",
	2, UUIDOID, UUIDOID);

/* Returns whether a user is a member, active or not.  Needs an API call in progress. */
bool
member_exists(const pg_uuid_t *org_id, const pg_uuid_t *user_id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id)};

	return plan_finds(&find_one_plan, values);
}

/*
 * Changes a member and writes it.  role: text, checked; is_active: boolean; NULL keeps a
 * value.  Returns false if the user is not a member.  Raises PT409 if the organization
 * would have no active admin, 09000 if a trigger suppresses the row.  Needs an API call of
 * an admin in progress.
 */
bool
member_update(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *user_id,
			  NullableDatum role, NullableDatum is_active)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg(&args, UUIDPGetDatum(user_id));
	plan_arg_nullable(&args, role);
	plan_arg_nullable(&args, is_active);
	plan_run_args(&update_member_plan, &args);
	if (SPI_processed == 0)
	{
		if (suppress_is_possible("member") && member_exists(org_id, user_id))
			suppress_raise("member");
		return false;
	}
	json_write_open(out, '{');
	row_write_fields(out, &member_schema, 0);
	json_write_close(out, '}');
	return true;
}
