/*
 * api_provision.c
 *		Creates and deletes organizations and memberships.
 *
 * For administrators.  These functions belong to no organization, so no policy binds
 * them; EXECUTE is never granted to clients.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_step.h"
#include "identity/user_store.h"
#include "task/organization.h"
#include "task/task_delete.h"

PG_FUNCTION_INFO_V1(tc_create_organization);
PG_FUNCTION_INFO_V1(tc_delete_organization);
PG_FUNCTION_INFO_V1(tc_organization_tables);
PG_FUNCTION_INFO_V1(tc_link_organization);
PG_FUNCTION_INFO_V1(tc_list_organizations);
PG_FUNCTION_INFO_V1(tc_add_member);

/*
 * tc_create_organization(name text, id uuid, external_id text) returns uuid
 */
Datum
tc_create_organization(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	ApiCall		call;

	api_begin_upkeep(&call);
	organization_create(id, fcinfo->args[1], argument_text(fcinfo, 0, "name", ARGUMENT_MAX_NAME),
						argument_external_id_or_null(fcinfo, 2));
	api_end(&call);
	PG_RETURN_UUID_P(id);
}

static void
note_found(void *state, Datum line)
{
	*(bool *) state = true;
}

static bool
delete_organization(const pg_uuid_t *org_id)
{
	StepArgs	args = {.subject = org_id, .note = STEP_NO_NOTE};
	bool		found = false;
	ExportSink	sink = {note_found, &found};

	step_run_for(org_id, "delete_organization", &args, &sink);
	if (found)
		organization_delete_copies(org_id);
	return found;
}

/*
 * tc_delete_organization(org_id uuid) returns void
 */
Datum
tc_delete_organization(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	if (!delete_organization(argument_uuid(fcinfo, 0, "org_id")))
		argument_not_found(NOUN_ORGANIZATION);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * organization_tables() returns setof record (tab name, lock_order integer, delete_order
 * integer, of_task boolean)
 *
 * Returns the tables that tc_delete_organization() deletes from, and which of them
 * tc_delete_task() deletes from, for comparison with the registry and the catalogs.
 */
Datum
tc_organization_tables(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *table;
	int			lock_order;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; (table = organization_table(i, &lock_order)) != NULL; i++)
	{
		NameData	name;
		Datum		values[4] = {
			NameGetDatum(&name), Int32GetDatum(lock_order), Int32GetDatum(i + 1),
			BoolGetDatum(task_delete_includes(table))
		};
		bool		nulls[4] = {false, lock_order == 0, false, false};

		namestrcpy(&name, table);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * tc_link_organization(org_id uuid, external_id text) returns void
 */
Datum
tc_link_organization(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	if (!organization_set_external_id(argument_uuid(fcinfo, 0, "org_id"), argument_external_id_or_null(fcinfo, 1)))
		argument_not_found(NOUN_ORGANIZATION);
	api_end(&call);
	PG_RETURN_VOID();
}

/*
 * tc_list_organizations() returns setof record (id uuid, name text, external_id text,
 * created_on timestamptz, members bigint)
 */
Datum
tc_list_organizations(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	OrganizationRow row;
	ApiCall		call;

	InitMaterializedSRF(fcinfo, 0);
	api_begin_upkeep(&call);
	for (uint64 i = 0; organization_list(i, &row); i++)
		tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
	api_end(&call);
	return (Datum) 0;
}

/*
 * tc_add_member(org_id uuid, user_id uuid, role text) returns void
 */
Datum
tc_add_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *org_id;
	pg_uuid_t  *user_id;
	Datum		role;

	api_begin_upkeep(&call);
	org_id = argument_uuid(fcinfo, 0, "org_id");
	user_id = argument_uuid(fcinfo, 1, "user_id");
	role = argument_check_role(ARGUMENT_TEXT_OR_NULL(2));
	member_add(org_id, user_id, role);
	api_end(&call);
	PG_RETURN_VOID();
}
