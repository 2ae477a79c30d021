/*
 * api_directory.c
 *		Accounts, contacts, teams and members, maintained by the admins of an
 *		organization.
 *
 * The policies of the tables also require an admin.  Checking first gives the caller
 * PT403 instead of an update that silently affects no row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_idempotency.h"
#include "db/delete_referenced.h"
#include "db/plan.h"
#include "db/row.h"
#include "db/suppressed_row.h"
#include "task/task_refs.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_create_account);
PG_FUNCTION_INFO_V1(tc_rename_account);
PG_FUNCTION_INFO_V1(tc_delete_account);
PG_FUNCTION_INFO_V1(tc_create_team);
PG_FUNCTION_INFO_V1(tc_rename_team);
PG_FUNCTION_INFO_V1(tc_delete_team);
PG_FUNCTION_INFO_V1(tc_create_contact);
PG_FUNCTION_INFO_V1(tc_rename_contact);
PG_FUNCTION_INFO_V1(tc_delete_contact);
PG_FUNCTION_INFO_V1(tc_add_team_member);
PG_FUNCTION_INFO_V1(tc_remove_team_member);
PG_FUNCTION_INFO_V1(tc_remove_member);

#define MAX_EMAIL 254

/* A statement for an organization ($1) with further arguments. */
#define DIRECTORY_PLAN(text, count, ...) \
	TENANT_PLAN(text, count, UUIDOID, __VA_ARGS__)

/*
 * Statements of a ReferencedTable: they delete rows or remove references after locking
 * them in the order of their keys, and return whether a locked one is left.
 */
#define RELEASE(name, locked, released) { \
	.table = (name), \
	.plan = DIRECTORY_PLAN("WITH " locked ", d AS (" released " RETURNING 1)" \
					 " SELECT (SELECT count(*) FROM o) > (SELECT count(*) FROM d)", 2, UUIDOID) \
}

/* Deletes the links to a row, in the order of the other key columns. */
#define RELEASE_LINKS(name, column, other) \
	RELEASE(name, "o AS MATERIALIZED (SELECT h." other " FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 ORDER BY h." other " FOR UPDATE)", \
			"DELETE FROM taskcrm." name " l USING o" \
			" WHERE l.org_id = $1 AND l." column " = $2 AND l." other " = o." other)

/*
 * The same for the links of tasks.  Deleting them raises the version of their tasks, so
 * the tasks are locked before the links.
 */
#define RELEASE_TASK_LINKS(name, column) \
	RELEASE(name, "k AS MATERIALIZED (SELECT t.id FROM taskcrm.task t WHERE t.org_id = $1 AND t.id IN" \
			" (SELECT h.task_id FROM taskcrm." name " h WHERE h.org_id = $1 AND h." column " = $2)" \
			" ORDER BY t.id FOR NO KEY UPDATE)," \
			" o AS MATERIALIZED (SELECT h.task_id FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 AND h.task_id IN (SELECT k.id FROM k)" \
			" ORDER BY h.task_id FOR UPDATE)", \
			"DELETE FROM taskcrm." name " l USING o" \
			" WHERE l.org_id = $1 AND l." column " = $2 AND l.task_id = o.task_id")

/* Sets references to a row to NULL, in the order of the referring rows' ids. */
#define RELEASE_COLUMN(name, column) \
	RELEASE(name, "o AS MATERIALIZED (SELECT h.id FROM taskcrm." name " h" \
			" WHERE h.org_id = $1 AND h." column " = $2 ORDER BY h.id FOR NO KEY UPDATE)", \
			"UPDATE taskcrm." name " r SET " column " = NULL FROM o" \
			" WHERE r.org_id = $1 AND r." column " = $2 AND r.id = o.id")

#define REFERS(table, column) \
	"EXISTS (SELECT FROM taskcrm." table " r WHERE r.org_id = $1 AND r." column " = $2)"

#define LOCK_THING(table, key) \
	DIRECTORY_PLAN("SELECT FROM taskcrm." table " WHERE org_id = $1 AND " key " = $2 FOR UPDATE", 2, UUIDOID)

#define FIND_THING(table, key) \
	DIRECTORY_PLAN("SELECT FROM taskcrm." table " WHERE org_id = $1 AND " key " = $2", 2, UUIDOID)

#define DELETE_THING(table, key) \
	DIRECTORY_PLAN("DELETE FROM taskcrm." table " WHERE org_id = $1 AND " key " = $2", 2, UUIDOID)

static ReferencedTable account_to_delete = {
	.name = "account",
	.lock = LOCK_THING("account", "id"),
	.is_referred = DIRECTORY_PLAN("SELECT WHERE " REFERS("task", "account_id")
							" OR " REFERS("contact", "account_id"), 2, UUIDOID),
	.release = {RELEASE_COLUMN("task", "account_id"), RELEASE_COLUMN("contact", "account_id")},
	.delete = DELETE_THING("account", "id")
};

static ReferencedTable contact_to_delete = {
	.name = "contact",
	.lock = LOCK_THING("contact", "id"),
	.is_referred = DIRECTORY_PLAN("SELECT WHERE " REFERS("task_contact", "contact_id"), 2, UUIDOID),
	.release = {RELEASE_TASK_LINKS("task_contact", "contact_id")},
	.delete = DELETE_THING("contact", "id")
};

static ReferencedTable team_to_delete = {
	.name = "team",
	.lock = LOCK_THING("team", "id"),
	.is_referred = DIRECTORY_PLAN("SELECT WHERE " REFERS("task_team", "team_id")
							" OR " REFERS("team_member", "team_id"), 2, UUIDOID),
	.release = {
		RELEASE_TASK_LINKS("task_team", "team_id"),
		RELEASE_LINKS("team_member", "team_id", "user_id")
	},
	.delete = DELETE_THING("team", "id")
};

static ReferencedTable member_to_delete = {
	.name = "member",
	.lock = LOCK_THING("member", "user_id"),
	.is_referred = DIRECTORY_PLAN("SELECT WHERE " REFERS("task_assignee", "user_id")
							" OR " REFERS("task_mention", "user_id")
							" OR " REFERS("team_member", "user_id"), 2, UUIDOID),
	.release = {
		RELEASE_TASK_LINKS("task_assignee", "user_id"),
		RELEASE_LINKS("task_mention", "user_id", "comment_id"),
		RELEASE_LINKS("team_member", "user_id", "team_id")
	},
	.delete = DELETE_THING("member", "user_id")
};

/* Accounts and teams: rows with only a name of their own. */
typedef struct NamedKind
{
	const char *table;
	ApiNoun		noun;
	KeptPlan	create;
	KeptPlan	rename;
	KeptPlan	find;
} NamedKind;

static NamedKind account_kind = {
	.table = "account",
	.noun = NOUN_ACCOUNT,
	.create = DIRECTORY_PLAN("INSERT INTO taskcrm.account (org_id, name) VALUES ($1, $2)"
					   " RETURNING id, name", 2, TEXTOID),
	.rename = DIRECTORY_PLAN("UPDATE taskcrm.account SET name = $3 WHERE org_id = $1 AND id = $2"
					   " RETURNING id, name", 3, UUIDOID, TEXTOID),
	.find = FIND_THING("account", "id")
};

static NamedKind team_kind = {
	.table = "team",
	.noun = NOUN_TEAM,
	.create = DIRECTORY_PLAN("INSERT INTO taskcrm.team (org_id, name) VALUES ($1, $2)"
					   " RETURNING id, name", 2, TEXTOID),
	.rename = DIRECTORY_PLAN("UPDATE taskcrm.team SET name = $3 WHERE org_id = $1 AND id = $2"
					   " RETURNING id, name", 3, UUIDOID, TEXTOID),
	.find = FIND_THING("team", "id")
};

static KeptPlan create_contact_plan =
DIRECTORY_PLAN("INSERT INTO taskcrm.contact (org_id, first_name, last_name, email, account_id)"
		 " VALUES ($1, $2, $3, $4, $5) RETURNING id, first_name, last_name, email, account_id",
		 5, TEXTOID, TEXTOID, TEXTOID, UUIDOID);

static KeptPlan rename_contact_plan =
DIRECTORY_PLAN("UPDATE taskcrm.contact SET first_name = $3, last_name = $4 WHERE org_id = $1 AND id = $2"
		 " RETURNING id, first_name, last_name, email, account_id",
		 4, UUIDOID, TEXTOID, TEXTOID);

static KeptPlan find_account_plan = FIND_THING("account", "id");
static KeptPlan find_contact_plan = FIND_THING("contact", "id");
static KeptPlan find_team_plan = FIND_THING("team", "id");

static KeptPlan find_member_plan =
DIRECTORY_PLAN("SELECT FROM taskcrm.member WHERE org_id = $1 AND user_id = $2 AND is_active", 2, UUIDOID);

static KeptPlan add_team_member_plan =
DIRECTORY_PLAN("INSERT INTO taskcrm.team_member (org_id, team_id, user_id) VALUES ($1, $2, $3)"
		 " ON CONFLICT (org_id, team_id, user_id) DO NOTHING", 3, UUIDOID, UUIDOID);

static KeptPlan find_team_member_plan =
DIRECTORY_PLAN("SELECT FROM taskcrm.team_member WHERE org_id = $1 AND team_id = $2 AND user_id = $3",
		 3, UUIDOID, UUIDOID);

static KeptPlan remove_team_member_plan =
DIRECTORY_PLAN("DELETE FROM taskcrm.team_member WHERE org_id = $1 AND team_id = $2 AND user_id = $3",
		 3, UUIDOID, UUIDOID);

/* Runs a statement whose arguments are the organization and up to three others. */
static uint64
run_directory_plan(KeptPlan *plan, const ApiCall *call, Datum second, Datum third, Datum fourth)
{
	Datum		values[4] = {UUIDPGetDatum(&call->identity.org_id), second, third, fourth};

	plan_run(plan, values, NULL, false);
	return SPI_processed;
}

/*
 * Raises the error for a statement that wrote no row: 09000 if the row exists, else
 * PT404.  find: a plan that returns a row if it exists.
 */
tc_noreturn static void
raise_unwritten(const ApiCall *call, KeptPlan *find, const char *table, ApiNoun noun, Datum id)
{
	if (suppress_is_possible(table) && run_directory_plan(find, call, id, 0, 0) > 0)
		suppress_raise(table);
	argument_not_found(noun);
}

static void
write_named(JsonWriter *out)
{
	json_write_open(out, '{');
	row_write_uuid(out, "id", 0, 1);
	row_write_text(out, "name", 0, 2);
	json_write_close(out, '}');
}

static Datum
create_named(FunctionCallInfo fcinfo, NamedKind *kind)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(1)};
	ApiCall		call;
	JsonWriter		out;
	Datum		name;

	json_write_begin(&out);
	api_begin_admin(&call);
	name = argument_text(fcinfo, 0, "name", ARGUMENT_MAX_NAME);
	idempotency_begin(&keyed, kind->table);
	idempotency_add_value(&keyed, DatumGetPointer(name));
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		run_directory_plan(&kind->create, &call, name, 0, 0);
		plan_require_rows(1, kind->table);
		write_named(&out);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

static Datum
rename_named(FunctionCallInfo fcinfo, NamedKind *kind)
{
	ApiCall		call;
	JsonWriter		out;
	Datum		id;

	json_write_begin(&out);
	api_begin_admin(&call);
	id = UUIDPGetDatum(argument_uuid(fcinfo, 0, "pk"));
	if (run_directory_plan(&kind->rename, &call, id, argument_text(fcinfo, 1, "name", ARGUMENT_MAX_NAME), 0) == 0)
		raise_unwritten(&call, &kind->find, kind->table, kind->noun, id);
	write_named(&out);
	api_end_write(&call);
	return json_write_end(&out);
}

/* Deletes the row whose id is the first argument.  Raises PT404 with its noun. */
static Datum
delete_thing(FunctionCallInfo fcinfo, ReferencedTable *table, const char *argument, ApiNoun noun)
{
	ApiCall		call;

	api_begin_admin(&call);
	if (!delete_referenced(table, &call.identity.org_id, argument_uuid(fcinfo, 0, argument)))
		argument_not_found(noun);
	api_end_write(&call);
	PG_RETURN_VOID();
}

/*
 * tc_create_account(name text) returns json
 */
Datum
tc_create_account(PG_FUNCTION_ARGS)
{
	return create_named(fcinfo, &account_kind);
}

/*
 * tc_rename_account(pk uuid, name text) returns json
 */
Datum
tc_rename_account(PG_FUNCTION_ARGS)
{
	return rename_named(fcinfo, &account_kind);
}

/*
 * tc_delete_account(pk uuid) returns void
 */
Datum
tc_delete_account(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &account_to_delete, "pk", NOUN_ACCOUNT);
}

/*
 * tc_create_team(name text) returns json
 */
Datum
tc_create_team(PG_FUNCTION_ARGS)
{
	return create_named(fcinfo, &team_kind);
}

/*
 * tc_rename_team(pk uuid, name text) returns json
 */
Datum
tc_rename_team(PG_FUNCTION_ARGS)
{
	return rename_named(fcinfo, &team_kind);
}

/*
 * tc_delete_team(pk uuid) returns void
 */
Datum
tc_delete_team(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &team_to_delete, "pk", NOUN_TEAM);
}

static void
write_contact(JsonWriter *out)
{
	json_write_open(out, '{');
	row_write_uuid(out, "id", 0, 1);
	row_write_text(out, "first_name", 0, 2);
	row_write_text(out, "last_name", 0, 3);
	row_write_text(out, "email", 0, 4);
	row_write_uuid(out, "account", 0, 5);
	json_write_close(out, '}');
}

/*
 * Creates a contact and writes it.  values, nulls: the arguments of create_contact_plan.
 */
static void
create_contact(JsonWriter *out, const ApiCall *call, const Datum *values, const char *nulls)
{
	if (nulls[4] != 'n' && run_directory_plan(&find_account_plan, call, values[4], 0, 0) == 0)
		task_refs_raise("account", NULL, TASK_ACCOUNT, DatumGetUUIDP(values[4]));
	plan_run(&create_contact_plan, values, nulls, false);
	plan_require_rows(1, "contact");
	write_contact(out);
}

/*
 * tc_create_contact(first_name text, last_name text, email text, account uuid,
 * idempotency_key text) returns json
 */
Datum
tc_create_contact(PG_FUNCTION_ARGS)
{
	KeyedCall	keyed = {.key = ARGUMENT_TEXT_OR_NULL(4)};
	ApiCall		call;
	JsonWriter		out;
	Datum		values[5];
	char		nulls[] = "     ";
	bool		isnull;

	json_write_begin(&out);
	api_begin_admin(&call);
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = argument_text(fcinfo, 0, "first_name", ARGUMENT_MAX_NAME);
	values[2] = argument_text_or_null(fcinfo, 1, "last_name", ARGUMENT_MAX_NAME, &isnull);
	nulls[2] = isnull ? 'n' : ' ';
	values[3] = argument_text_or_null(fcinfo, 2, "email", MAX_EMAIL, &isnull);
	nulls[3] = isnull ? 'n' : ' ';
	values[4] = PG_ARGISNULL(3) ? (Datum) 0 : PG_GETARG_DATUM(3);
	nulls[4] = PG_ARGISNULL(3) ? 'n' : ' ';

	idempotency_begin(&keyed, "contact");
	for (int i = 1; i <= 3; i++)
		idempotency_add_value(&keyed, DatumGetPointer(values[i]));
	idempotency_add(&keyed, DatumGetPointer(values[4]), PG_ARGISNULL(3) ? 0 : UUID_LEN);
	if (idempotency_is_new(&keyed, &call.identity, &out))
	{
		create_contact(&out, &call, values, nulls);
		idempotency_keep(&keyed, &call.identity, &out);
	}
	api_end_write(&call);
	idempotency_announce(&keyed);
	return json_write_end(&out);
}

/*
 * tc_rename_contact(pk uuid, first_name text, last_name text) returns json
 */
Datum
tc_rename_contact(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	JsonWriter		out;
	Datum		values[4];
	bool		isnull;

	json_write_begin(&out);
	api_begin_admin(&call);
	values[0] = UUIDPGetDatum(&call.identity.org_id);
	values[1] = UUIDPGetDatum(argument_uuid(fcinfo, 0, "pk"));
	values[2] = argument_text(fcinfo, 1, "first_name", ARGUMENT_MAX_NAME);
	values[3] = argument_text_or_null(fcinfo, 2, "last_name", ARGUMENT_MAX_NAME, &isnull);
	plan_run(&rename_contact_plan, values, isnull ? "   n" : NULL, false);
	if (SPI_processed == 0)
		raise_unwritten(&call, &find_contact_plan, "contact", NOUN_CONTACT, values[1]);
	write_contact(&out);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_delete_contact(pk uuid) returns void
 */
Datum
tc_delete_contact(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &contact_to_delete, "pk", NOUN_CONTACT);
}

/*
 * tc_add_team_member(team uuid, user_id uuid) returns void
 */
Datum
tc_add_team_member(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	pg_uuid_t  *team;
	pg_uuid_t  *user;

	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (run_directory_plan(&find_team_plan, &call, UUIDPGetDatum(team), 0, 0) == 0)
		argument_not_found(NOUN_TEAM);
	if (run_directory_plan(&find_member_plan, &call, UUIDPGetDatum(user), 0, 0) == 0)
		task_refs_raise("user_id", NULL, TASK_ASSIGNED_TO, user);
	/* The user is already in the team; no row is written then either. */
	if (run_directory_plan(&add_team_member_plan, &call, UUIDPGetDatum(team), UUIDPGetDatum(user), 0) == 0 &&
		suppress_is_possible("team_member") &&
		run_directory_plan(&find_team_member_plan, &call, UUIDPGetDatum(team), UUIDPGetDatum(user), 0) == 0)
		suppress_raise("team_member");
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

	api_begin_admin(&call);
	team = argument_uuid(fcinfo, 0, "team");
	user = argument_uuid(fcinfo, 1, "user_id");
	if (run_directory_plan(&remove_team_member_plan, &call, UUIDPGetDatum(team), UUIDPGetDatum(user), 0) == 0)
	{
		if (suppress_is_possible("team_member") &&
			run_directory_plan(&find_team_member_plan, &call, UUIDPGetDatum(team), UUIDPGetDatum(user), 0) > 0)
			suppress_raise("team_member");
		argument_not_found(NOUN_TEAM_MEMBER);
	}
	api_end_write(&call);
	PG_RETURN_VOID();
}

/*
 * tc_remove_member(user_id uuid) returns void
 */
Datum
tc_remove_member(PG_FUNCTION_ARGS)
{
	return delete_thing(fcinfo, &member_to_delete, "user_id", NOUN_MEMBER);
}
