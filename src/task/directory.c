/*
 * directory.c
 *		Accounts, contacts, teams, and who is in a team.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "db/row.h"
#include "db/suppressed_row.h"
#include "task/directory.h"
#include "task/task_refs.h"

/* A statement for an organization ($1) with further arguments. */
#define DIRECTORY_PLAN(text, count, ...) \
	TENANT_PLAN(text, count, UUIDOID, __VA_ARGS__)

#define FIND_THING(table) \
	DIRECTORY_PLAN("SELECT FROM taskcrm." table " WHERE org_id = $1 AND id = $2", 2, UUIDOID)

typedef struct NamedTable
{
	const char *name;
	KeptPlan	create;
	KeptPlan	rename;
	KeptPlan	find;
} NamedTable;

#define NAMED_TABLE(table) { \
	.name = (table), \
	.create = DIRECTORY_PLAN("INSERT INTO taskcrm." table " (org_id, name) VALUES ($1, $2)" \
					   " RETURNING id, name", 2, TEXTOID), \
	.rename = DIRECTORY_PLAN("UPDATE taskcrm." table " SET name = $3 WHERE org_id = $1 AND id = $2" \
					   " RETURNING id, name", 3, UUIDOID, TEXTOID), \
	.find = FIND_THING(table) \
}

static NamedTable named_tables[] = {
	[NAMED_ACCOUNT] = NAMED_TABLE("account"),
	[NAMED_TEAM] = NAMED_TABLE("team")
};

static KeptPlan create_contact_plan =
DIRECTORY_PLAN("INSERT INTO taskcrm.contact (org_id, first_name, last_name, email, account_id)"
		 " VALUES ($1, $2, $3, $4, $5) RETURNING id, first_name, last_name, email, account_id",
		 5, TEXTOID, TEXTOID, TEXTOID, UUIDOID);

static KeptPlan rename_contact_plan =
DIRECTORY_PLAN("UPDATE taskcrm.contact SET first_name = $3, last_name = $4 WHERE org_id = $1 AND id = $2"
		 " RETURNING id, first_name, last_name, email, account_id",
		 4, UUIDOID, TEXTOID, TEXTOID);

static KeptPlan find_contact_plan = FIND_THING("contact");

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

/* Runs a statement whose arguments are the organization and two others. */
static bool
finds(KeptPlan *plan, const pg_uuid_t *org_id, Datum second, Datum third)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), second, third};

	return plan_finds(plan, values);
}

/*
 * For a statement that wrote no row: raises 09000 if the row exists.  find: a plan that
 * returns a row if it does.
 */
static void
check_suppressed(const char *table, KeptPlan *find, const pg_uuid_t *org_id, Datum second, Datum third)
{
	if (suppress_is_possible(table) && finds(find, org_id, second, third))
		suppress_raise(table);
}

static void
write_named(JsonWriter *out)
{
	json_write_open(out, '{');
	row_write_uuid(out, "id", 0, 1);
	row_write_text(out, "name", 0, 2);
	json_write_close(out, '}');
}

/* Returns the name of the table. */
const char *
directory_named_table(NamedKind kind)
{
	return named_tables[kind].name;
}

/*
 * Creates an account or a team and writes it.  name: text, checked.  Raises 09000 if a
 * trigger suppresses the row.  Needs an API call in progress, as all functions here.
 */
void
directory_create_named(JsonWriter *out, const pg_uuid_t *org_id, NamedKind kind, Datum name)
{
	NamedTable *table = &named_tables[kind];

	(void) finds(&table->create, org_id, name, 0);
	plan_require_rows(1, table->name);
	write_named(out);
}

/*
 * Renames an account or a team and writes it.  Returns false if it does not exist.
 */
bool
directory_rename_named(JsonWriter *out, const pg_uuid_t *org_id, NamedKind kind, const pg_uuid_t *id, Datum name)
{
	NamedTable *table = &named_tables[kind];

	if (!finds(&table->rename, org_id, UUIDPGetDatum(id), name))
	{
		check_suppressed(table->name, &table->find, org_id, UUIDPGetDatum(id), 0);
		return false;
	}
	write_named(out);
	return true;
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
 * Creates a contact and writes it.  Raises 23503 if its account does not exist, 09000 if
 * a trigger suppresses the row.
 */
void
directory_create_contact(JsonWriter *out, const pg_uuid_t *org_id, const NewContact *contact)
{
	PlanArgs	args = {0};

	if (!contact->account.isnull &&
		!finds(&named_tables[NAMED_ACCOUNT].find, org_id, contact->account.value, 0))
		task_refs_raise("account", NULL, TASK_ACCOUNT, DatumGetUUIDP(contact->account.value));
	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg(&args, contact->first_name);
	plan_arg_nullable(&args, contact->last_name);
	plan_arg_nullable(&args, contact->email);
	plan_arg_nullable(&args, contact->account);
	plan_run_args(&create_contact_plan, &args);
	plan_require_rows(1, "contact");
	write_contact(out);
}

/* Renames a contact and writes it.  Returns false if it does not exist. */
bool
directory_rename_contact(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *id,
						 Datum first_name, NullableDatum last_name)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	plan_arg(&args, first_name);
	plan_arg_nullable(&args, last_name);
	plan_run_args(&rename_contact_plan, &args);
	if (SPI_processed == 0)
	{
		check_suppressed("contact", &find_contact_plan, org_id, UUIDPGetDatum(id), 0);
		return false;
	}
	write_contact(out);
	return true;
}

/*
 * Adds a user to a team, unless the user is in it.  Returns false if the team does not
 * exist.  Raises 23503 if the user is not an active member of the organization.
 */
bool
directory_add_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user)
{
	Datum		team_id = UUIDPGetDatum(team);
	Datum		user_id = UUIDPGetDatum(user);

	if (!finds(&named_tables[NAMED_TEAM].find, org_id, team_id, 0))
		return false;
	if (!finds(&find_member_plan, org_id, user_id, 0))
		task_refs_raise("user_id", NULL, TASK_ASSIGNED_TO, user);
	/* No row is written either if the user is already in the team. */
	if (!finds(&add_team_member_plan, org_id, team_id, user_id) &&
		suppress_is_possible("team_member") &&
		!finds(&find_team_member_plan, org_id, team_id, user_id))
		suppress_raise("team_member");
	return true;
}

/* Removes a user from a team.  Returns false if the user is not in it. */
bool
directory_remove_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user)
{
	Datum		team_id = UUIDPGetDatum(team);
	Datum		user_id = UUIDPGetDatum(user);

	if (finds(&remove_team_member_plan, org_id, team_id, user_id))
		return true;
	check_suppressed("team_member", &find_team_member_plan, org_id, team_id, user_id);
	return false;
}
