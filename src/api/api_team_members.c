/*
 * api_team_members.c
 *		Who is in a team.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "task/directory.h"
#include "task/directory_list.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_add_team_member);
PG_FUNCTION_INFO_V1(tc_remove_team_member);

/*
 * tc_add_team_member(team uuid, user_id uuid) returns void
 */
Datum
tc_add_team_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *team;
	pg_uuid_t  *user;

	FORWARD_CALL();
	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (!directory_add_team_member(&call.identity.org_id, team, user, "user_id"))
		argument_not_found(NOUN_TEAM);
	api_end_write(&call);
	PG_RETURN_VOID();
}

/*
 * tc_remove_team_member(team uuid, user_id uuid) returns void
 */
Datum
tc_remove_team_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *team;
	pg_uuid_t  *user;

	FORWARD_CALL();
	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (!directory_remove_team_member(&call.identity.org_id, team, user))
		argument_not_found(NOUN_TEAM_MEMBER);
	api_end_write(&call);
	PG_RETURN_VOID();
}

/* Raises PT404. */
static void
require_team(const ApiCall *call, const pg_uuid_t *team)
{
	if (!directory_exists(&call->identity.org_id, DIRECTORY_TEAM, team))
		argument_not_found(NOUN_TEAM);
}

/* Returns filters with the filter "team", which replaces one that was sent. */
static Jsonb *
add_team(Jsonb *filters, const pg_uuid_t *team)
{
	char		text[TC_UUID_TEXT_LEN + 1];
	Datum		all;

	tc_uuid_format(team, text);
	all = DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"team\": \"%s\"}", text)));
	if (filters != NULL)
		all = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(filters), all);
	return DatumGetJsonbP(all);
}

/*
 * Returns the requested page of a team's members as JSON, with the filters of
 * tc_list_members(), NULL for none; "team" is replaced.  Raises their errors, and PT404 for
 * the team.
 */
Datum
api_list_team_members(const pg_uuid_t *team, Jsonb *filters)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin(&call);
	require_team(&call, team);
	directory_list_write(&out, DIRECTORY_MEMBER, add_team(filters, team), &call.identity);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * Adds and removes in the order of the ids, so that two such calls do not wait for each
 * other.  Users who are in the team already, or not in it, are ignored.
 */
static void
change_members(const pg_uuid_t *org_id, const pg_uuid_t *team, const IdSet *add, const IdSet *remove)
{
	int			added = 0;
	int			removed = 0;

	while (added < add->count || removed < remove->count)
	{
		bool		is_added = removed == remove->count ||
			(added < add->count && memcmp(&add->ids[added], &remove->ids[removed], UUID_LEN) < 0);

		CHECK_FOR_INTERRUPTS();
		if (!is_added)
			(void) directory_remove_team_member(org_id, team, &remove->ids[removed++]);
		else if (!directory_add_team_member(org_id, team, &add->ids[added++], "add"))
			argument_not_found(NOUN_TEAM);
	}
}

/*
 * Adds users to a team and removes others from it.  The sets have no id in common.  Raises
 * PT403, PT404 for the team, 23503 for a user to add who is not an active member of the
 * organization.
 */
void
api_change_team_members(const pg_uuid_t *team, const IdSet *add, const IdSet *remove)
{
	ApiCall		call;

	api_begin_admin(&call);
	require_team(&call, team);
	change_members(&call.identity.org_id, team, add, remove);
	api_end_write(&call);
}
