/*
 * api_provision.c
 *		Creates and deletes organizations, users and memberships.
 *
 * For administrators.  These functions belong to no organization, so no policy binds
 * them; EXECUTE is never granted to clients.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "task/task_counter.h"
#include "task/task_link_trigger.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_create_organization);
PG_FUNCTION_INFO_V1(tc_delete_organization);
PG_FUNCTION_INFO_V1(tc_organization_tables);
PG_FUNCTION_INFO_V1(tc_create_user);
PG_FUNCTION_INFO_V1(tc_add_member);

static KeptPlan create_organization_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.organization (id, name)"
	" VALUES (coalesce($1, taskcrm.tc_uuidv7()), $2) RETURNING id",
	2, UUIDOID, TEXTOID);

static KeptPlan create_user_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.app_user (id, email, name)"
	" VALUES (coalesce($1, taskcrm.tc_uuidv7()), $2, coalesce($3, '')) RETURNING id",
	3, UUIDOID, TEXTOID, TEXTOID);

/* Returns whether there is a user whose email differs only in case. */
static KeptPlan alike_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.app_user WHERE taskcrm_internal.folded(email) = taskcrm_internal.folded($1)"
	" AND email <> $1",
	1, TEXTOID);

static KeptPlan add_member_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, is_active = true",
	3, UUIDOID, UUIDOID, TEXTOID);

#define DELETION_PLAN(text) \
	BOOKKEEPING_PLAN(text, 1, UUIDOID)

#define DELETE_PLAN(table, column) \
	DELETION_PLAN("DELETE FROM taskcrm." table " WHERE " column " = $1")

/* The rows with the organization's id, and whether any is left. */
#define OWN(name, column) { \
	.table = (name), \
	.delete = DELETE_PLAN(name, column), \
	.left = DELETION_PLAN("SELECT FROM taskcrm." name " WHERE " column " = $1 LIMIT 1") \
}

/*
 * Locks the rows of a table that belong to an organization, in the order of their keys.
 */
typedef struct TableLock
{
	const char *table;
	KeptPlan	plan;
} TableLock;

#define LOCK(name, key) { \
	.table = (name), \
	.plan = DELETION_PLAN("SELECT pg_catalog.count(*) FROM (SELECT FROM taskcrm." name \
					 " WHERE org_id = $1 ORDER BY " key " FOR UPDATE) l") \
}

/*
 * Before the organization is locked: a call inserts its key first, and then refers to the
 * organization.
 */
static KeptPlan delete_answers_plan = DELETE_PLAN("stored_answer", "org_id");

/* New rows that refer to the organization wait for the deletion and then fail. */
static KeptPlan lock_organization_plan = DELETION_PLAN("SELECT FROM taskcrm.organization WHERE id = $1 FOR UPDATE");

/*
 * All code locks a row before its dependent rows, and deletions lock links, mentions and
 * so on in the order of their keys.  So they are locked before anything is deleted.
 */
static TableLock table_locks[] = {
	LOCK("task", "id"),
	LOCK("task_contact", "task_id, contact_id"),
	LOCK("task_assignee", "task_id, user_id"),
	LOCK("task_team", "task_id, team_id"),
	LOCK("task_comment", "id"),
	LOCK("task_mention", "comment_id, user_id"),
	LOCK("task_attachment", "id"),
	LOCK("team_member", "team_id, user_id"),
	LOCK("contact", "id"),
};

/*
 * Referring rows are deleted before the rows that they refer to.  The cascades of the
 * foreign keys would delete them row by row; here they find nothing left to do.
 */
static CascadePart delete_parts[] = {
	OWN("task_attachment_content", "org_id"),
	OWN("task_attachment", "org_id"),
	OWN("task_mention", "org_id"),
	OWN("task_comment", "org_id"),
	OWN("task_contact", "org_id"),
	OWN("task_assignee", "org_id"),
	OWN("task_team", "org_id"),
	OWN("task_text", "org_id"),
	OWN("task", "org_id"),
	OWN("team_member", "org_id"),
	OWN("team", "org_id"),
	OWN("contact", "org_id"),
	OWN("account", "org_id"),
	OWN("member", "org_id"),
	OWN("stored_answer", "org_id"),
	OWN("organization", "id"),
};

static Datum
returned_id(MemoryContext context, const char *table)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	bool		isnull;

	plan_require_rows(1, table);
	*id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
	MemoryContextSwitchTo(old);
	return UUIDPGetDatum(id);
}

/*
 * tc_create_organization(name text, id uuid) returns uuid
 */
Datum
tc_create_organization(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	ApiCall		call;
	Datum		values[2];
	Datum		id;

	api_begin_upkeep(&call);
	values[0] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	values[1] = argument_text(fcinfo, 0, "name", ARGUMENT_MAX_NAME);
	plan_run(&create_organization_plan, values, PG_ARGISNULL(1) ? "n " : NULL, false);
	id = returned_id(context, "organization");
	api_end(&call);
	return id;
}

/* Deletes everything that belongs to an organization, and then the organization. */
static void
delete_all(Datum org)
{
	link_trigger_let_go(DatumGetUUIDP(org));
	PG_TRY();
	{
		for (int i = 0; i < (int) lengthof(delete_parts); i++)
			delete_part(&delete_parts[i], &org);
	}
	PG_FINALLY();
	{
		link_trigger_let_go(NULL);
	}
	PG_END_TRY();
}

/*
 * tc_delete_organization(org_id uuid) returns void
 */
Datum
tc_delete_organization(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	Datum		org;

	api_begin_upkeep(&call);
	org = UUIDPGetDatum(argument_uuid(fcinfo, 0, "org_id"));
	plan_run(&delete_answers_plan, &org, NULL, false);
	if (!plan_finds(&lock_organization_plan, &org))
		argument_not_found(NOUN_ORGANIZATION);
	for (int i = 0; i < (int) lengthof(table_locks); i++)
		plan_run(&table_locks[i].plan, &org, NULL, false);
	delete_all(org);
	task_counter_fold_away(DatumGetUUIDP(org));
	api_end(&call);
	PG_RETURN_VOID();
}

/* Returns the position of a table in the lock order, from 1, or 0. */
static int
lock_order_of(const char *table)
{
	for (int i = 0; i < (int) lengthof(table_locks); i++)
	{
		if (strcmp(table_locks[i].table, table) == 0)
			return i + 1;
	}
	return 0;
}

/*
 * organization_tables() returns setof record (tab name, lock_order integer, delete_order
 * integer)
 *
 * Returns the tables that tc_delete_organization() deletes from, for comparison with the
 * registry.
 */
Datum
tc_organization_tables(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < (int) lengthof(delete_parts); i++)
	{
		NameData	name;
		int			lock_order = lock_order_of(delete_parts[i].table);
		Datum		values[3] = {NameGetDatum(&name), Int32GetDatum(lock_order), Int32GetDatum(i + 1)};
		bool		nulls[3] = {false, lock_order == 0, false};

		namestrcpy(&name, delete_parts[i].table);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * tc_create_user(email text, name text, id uuid) returns uuid
 */
Datum
tc_create_user(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	ApiCall		call;
	Datum		values[3];
	char		nulls[] = "   ";
	bool		isnull;
	Datum		id;

	api_begin_upkeep(&call);
	values[0] = PG_ARGISNULL(2) ? (Datum) 0 : PG_GETARG_DATUM(2);
	nulls[0] = PG_ARGISNULL(2) ? 'n' : ' ';
	values[1] = argument_text(fcinfo, 0, "email", 254);
	values[2] = argument_text_or_null(fcinfo, 1, "name", ARGUMENT_MAX_NAME, &isnull);
	nulls[2] = isnull ? 'n' : ' ';
	/* The index would reject it too, but with a detail that is hard to understand. */
	if (plan_finds(&alike_plan, &values[1]))
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the email differs only in case from the email of another user")));
	plan_run(&create_user_plan, values, nulls, false);
	id = returned_id(context, "app_user");
	api_end(&call);
	return id;
}

/*
 * tc_add_member(org_id uuid, user_id uuid, role text) returns void
 */
Datum
tc_add_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	Datum		values[3];
	char	   *role;

	api_begin_upkeep(&call);
	values[0] = UUIDPGetDatum(argument_uuid(fcinfo, 0, "org_id"));
	values[1] = UUIDPGetDatum(argument_uuid(fcinfo, 1, "user_id"));
	values[2] = argument_text(fcinfo, 2, "role", ARGUMENT_MAX_NAME);
	role = TextDatumGetCString(values[2]);
	if (strcmp(role, "admin") != 0 && strcmp(role, "member") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "role"),
				 errdetail("There is no role \"%s\".", json_read_clip(role)),
				 errhint("Valid roles are admin and member.")));
	plan_run(&add_member_plan, values, NULL, false);
	plan_require_rows(1, "member");
	api_end(&call);
	PG_RETURN_VOID();
}
