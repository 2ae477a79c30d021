/*
 * api_members.c
 *		The organization and its members, managed by its admins.
 *
 * The policies of the tables also require an admin.  Checking first gives the caller
 * PT403 instead of an update that silently affects no row.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "api/api_step.h"
#include "identity/user_organization.h"
#include "identity/user_store.h"
#include "identity/whoami.h"
#include "task/member.h"
#include "task/organization.h"
#include "task/reassign.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_get_organization);
PG_FUNCTION_INFO_V1(tc_update_organization);
PG_FUNCTION_INFO_V1(tc_update_me);
PG_FUNCTION_INFO_V1(tc_set_member_role);
PG_FUNCTION_INFO_V1(tc_deactivate_member);
PG_FUNCTION_INFO_V1(tc_reactivate_member);
PG_FUNCTION_INFO_V1(tc_remove_member);
PG_FUNCTION_INFO_V1(tc_reassign);

static const NullableDatum unchanged = {.isnull = true};

/*
 * Returns the selected organization.  For each of its members.
 */
Datum
api_get_organization(void)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin(&call);
	if (!organization_write(&out, &call.identity.org_id))
		argument_not_found(NOUN_ORGANIZATION);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_get_organization() returns json
 */
Datum
tc_get_organization(PG_FUNCTION_ARGS)
{
	return api_get_organization();
}

/*
 * Changes the name of the selected organization and returns the organization.  Raises
 * 22023, PT403.
 */
Datum
api_update_organization(text *name)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	if (!organization_rename(&out, &call.identity.org_id, argument_check_text(name, "name", ARGUMENT_MAX_NAME)))
		argument_not_found(NOUN_ORGANIZATION);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_update_organization(name text) returns json
 */
Datum
tc_update_organization(PG_FUNCTION_ARGS)
{
	return api_update_organization(ARGUMENT_TEXT_OR_NULL(0));
}

/* On a cluster, the nodes that record the event in each organization of the caller are told by whom. */
static void
prepare_rename(const Identity *identity)
{
	StepArgs	args = {.subject = &identity->user_id, .note = STEP_NO_NOTE};
	ExportSink	sink = {NULL, NULL};
	pg_uuid_t  *orgs;
	int			count = user_organizations(&orgs, &identity->user_id);

	for (int i = 0; i < count; i++)
	{
		Identity	member = *identity;

		member.has_org = true;
		member.org_id = orgs[i];
		step_run(&member, "announce_actor", &args, &sink);
	}
}

/*
 * Changes the caller's own name and returns what tc_whoami() returns.  Needs no
 * organization.  Raises 22023, PT401.
 */
Datum
api_update_me(text *name)
{
	ApiCall		call;
	Datum		checked;

	api_begin_user(&call);
	checked = argument_check_text(name, "name", ARGUMENT_MAX_NAME);
	if (cluster_is_distributed())
		prepare_rename(&call.identity);
	user_rename(&call.identity.user_id, checked);
	api_end(&call);
	return whoami_json();
}

/*
 * tc_update_me(name text) returns json
 */
Datum
tc_update_me(PG_FUNCTION_ARGS)
{
	return api_update_me(ARGUMENT_TEXT_OR_NULL(0));
}

/* Whether a change of a member could leave the organization without an admin. */
static bool
may_end_admin(text *role, NullableDatum is_active)
{
	return (role != NULL && strcmp(text_to_cstring(role), "admin") != 0) ||
		(!is_active.isnull && !DatumGetBool(is_active.value));
}

/* On a cluster, the node that records the event is told by whom, and makes sure that an admin is left. */
static void
prepare_update(const Identity *identity, const pg_uuid_t *user, bool ends_admin)
{
	StepArgs	args = {.subject = user, .note = STEP_NO_NOTE};
	ExportSink	sink = {NULL, NULL};

	step_run(identity, ends_admin ? "keep_admin" : "announce_actor", &args, &sink);
}

/*
 * Changes the role of a member, or whether it is active, and returns the member.  role:
 * NULL keeps it, unless role_required; is_active: NULL keeps it.
 */
static Datum
update_member(const pg_uuid_t *user, text *role, bool role_required, NullableDatum is_active)
{
	ApiCall		call;
	JsonWriter	out;
	NullableDatum new_role = unchanged;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(user, "user_id");
	if (role != NULL || role_required)
		new_role = (NullableDatum) {.value = argument_check_role(role)};
	if (cluster_is_distributed())
		prepare_update(&call.identity, user, may_end_admin(role, is_active));
	if (!member_update(&out, &call.identity.org_id, user, new_role, is_active))
		argument_not_found(NOUN_MEMBER);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * Changes what is not NULL.  role: admin or member; is_active: boolean.  Raises 22023,
 * PT403, PT404, PT409.
 */
Datum
api_update_member(const pg_uuid_t *user, text *role, NullableDatum is_active)
{
	return update_member(user, role, false, is_active);
}

/*
 * tc_set_member_role(user_id uuid, role text) returns json
 */
Datum
tc_set_member_role(PG_FUNCTION_ARGS)
{
	return update_member(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1), true, unchanged);
}

static Datum
set_active(FunctionCallInfo fcinfo, bool is_active)
{
	return update_member(ARGUMENT_UUID_OR_NULL(0), NULL, false,
						 (NullableDatum) {.value = BoolGetDatum(is_active)});
}

/*
 * tc_deactivate_member(user_id uuid) returns json
 */
Datum
tc_deactivate_member(PG_FUNCTION_ARGS)
{
	return set_active(fcinfo, false);
}

/*
 * tc_reactivate_member(user_id uuid) returns json
 */
Datum
tc_reactivate_member(PG_FUNCTION_ARGS)
{
	return set_active(fcinfo, true);
}

/* The counts of a step, in the order of its lines. */
typedef struct CountLines
{
	int			count;
	int64		values[4];
} CountLines;

static void
take_count(void *state, Datum line)
{
	CountLines *lines = state;

	if (lines->count < (int) lengthof(lines->values))
		lines->values[lines->count++] = step_read_number(line);
}

/* Returns false if the user is not a member. */
static bool
remove_member(const Identity *identity, MemberRemoval *removal)
{
	StepArgs	args = {.subject = &removal->from, .other = removal->to, .note = STEP_NO_NOTE};
	CountLines	lines = {0};
	ExportSink	sink = {take_count, &lines};

	step_run(identity, "release_member", &args, &sink);
	if (lines.count == 0)
		return false;
	removal->counts = (ReassignCounts){
		.tasks = lines.values[0],
		.assigned = lines.values[1],
		.already_assigned = lines.values[2],
		.left_unassigned = lines.values[3]
	};
	reassign_remove(removal);
	return true;
}

/*
 * Removes a member, and returns how many tasks have lost the assignee and got another one.
 * reassign_to: NULL for nobody.  Raises 22023, 23503, PT403, PT404, PT409.
 */
Datum
api_remove_member(const pg_uuid_t *user, const pg_uuid_t *reassign_to)
{
	MemberRemoval removal = {.to = reassign_to};
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(user, "user_id");
	removal.org_id = call.identity.org_id;
	removal.from = *user;
	if (!remove_member(&call.identity, &removal))
		argument_not_found(NOUN_MEMBER);
	reassign_write(&out, &removal.counts);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_remove_member(user_id uuid, reassign_to uuid) returns json
 */
Datum
tc_remove_member(PG_FUNCTION_ARGS)
{
	return api_remove_member(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_UUID_OR_NULL(1));
}

/*
 * Moves the tasks of a member that pass the filters, by default the open ones, to another
 * one, and returns how many there are.  to: NULL for nobody; filters: NULL for none.
 * Raises 22023, 22007, 22P02, 23503, PT403, PT404.
 */
Datum
api_reassign(const pg_uuid_t *from, const pg_uuid_t *to, Jsonb *json)
{
	ReassignCounts counts = {0};
	TaskFilters filters;
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	argument_require(from, "from_user");
	reassign_read_filters(&filters, json, from, &call.identity);
	if (!member_exists(&call.identity.org_id, from))
		argument_not_found(NOUN_MEMBER);
	reassign_check_target("to_user", &call.identity.org_id, from, to);
	reassign_tasks(&counts, &call.identity.org_id, from, to, &filters);
	reassign_write(&out, &counts);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_reassign(from_user uuid, to_user uuid, filters jsonb) returns json
 */
Datum
tc_reassign(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_reassign(ARGUMENT_UUID_OR_NULL(0), ARGUMENT_UUID_OR_NULL(1), ARGUMENT_JSONB_OR_NULL(2));
}
