/*
 * directory.c
 *		Reads, creates and updates accounts, contacts and teams; who is in a team.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/character.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/directory.h"
#include "task/task_field_type.h"
#include "task/task_refs.h"
#include "task/view_store.h"
#include "wire/json_read.h"

/* A statement for an organization ($1) with further arguments. */
#define DIRECTORY_PLAN(text, count, ...) \
	TENANT_PLAN(text, count, UUIDOID, __VA_ARGS__)

#define FIND_THING(table) \
	DIRECTORY_PLAN("SELECT FROM taskcrm." table " WHERE org_id = $1 AND id = $2", 2, UUIDOID)

/* The statements of a kind; the columns are those of its schema. */
typedef struct DirectoryPlans
{
	KeptPlan	get;			/* $2 id */
	KeptPlan	find;			/* the same; in a call that writes */
	KeptPlan	create;			/* $2 and the following: the inputs */
	KeptPlan	update;			/* $2 id; then for each input, whether it was sent, and its value */
} DirectoryPlans;

#define SENT(column, sent, value) column " = CASE WHEN $" sent " THEN $" value " ELSE t." column " END"

#define NAMED_PLANS(table) { \
	.get = DIRECTORY_PLAN("SELECT t.id, t.name FROM taskcrm." table " t WHERE t.org_id = $1 AND t.id = $2", 2, UUIDOID), \
	.find = FIND_THING(table), \
	.create = DIRECTORY_PLAN("INSERT INTO taskcrm." table " AS t (org_id, name) VALUES ($1, $2)" \
							 " RETURNING t.id, t.name", 2, TEXTOID), \
	.update = DIRECTORY_PLAN("UPDATE taskcrm." table " t SET " SENT("name", "3", "4") \
							 " WHERE t.org_id = $1 AND t.id = $2 RETURNING t.id, t.name", 4, UUIDOID, BOOLOID, TEXTOID) \
}

#define CONTACT_COLUMNS "t.id, t.first_name, t.last_name, t.email, t.account_id"

static DirectoryPlans directory_plans[DIRECTORY_NOUNS] = {
	[DIRECTORY_ACCOUNT] = NAMED_PLANS("account"),
	[DIRECTORY_TEAM] = NAMED_PLANS("team"),
	[DIRECTORY_CONTACT] = {
		.get = DIRECTORY_PLAN("SELECT " CONTACT_COLUMNS " FROM taskcrm.contact t WHERE t.org_id = $1 AND t.id = $2",
							  2, UUIDOID),
		.find = FIND_THING("contact"),
		.create = DIRECTORY_PLAN("INSERT INTO taskcrm.contact AS t (org_id, first_name, last_name, email, account_id)"
								 " VALUES ($1, $2, $3, $4, $5) RETURNING " CONTACT_COLUMNS,
								 5, TEXTOID, TEXTOID, TEXTOID, UUIDOID),
		.update = DIRECTORY_PLAN("UPDATE taskcrm.contact t SET " SENT("first_name", "3", "4") ", "
								 SENT("last_name", "5", "6") ", " SENT("email", "7", "8") ", " SENT("account_id", "9", "10")
								 " WHERE t.org_id = $1 AND t.id = $2 RETURNING " CONTACT_COLUMNS,
								 10, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, BOOLOID, UUIDOID)
	},
	[DIRECTORY_MEMBER] = {
		.get = DIRECTORY_PLAN("SELECT t.user_id, u.name, u.email, t.role, t.is_active FROM taskcrm.member t"
							  " JOIN taskcrm.app_user u ON u.id = t.user_id WHERE t.org_id = $1 AND t.user_id = $2",
							  2, UUIDOID)
	},
	[DIRECTORY_VIEW] = {
		.get = DIRECTORY_PLAN("SELECT " VIEW_COLUMNS " FROM taskcrm_internal.task_view t WHERE t.org_id = $1 AND t.id = $2"
							  " AND " VIEW_IS_VISIBLE, 2, UUIDOID)
	}
};

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

/* --- input --- */

typedef struct DataInput
{
	DirectoryData *data;
	const DirectoryKind *kind;
	const pg_uuid_t *id;
} DataInput;

static Datum
read_directory_text(const JsonReadKey *key, const DirectoryInput *input, const JsonbValue *value)
{
	char	   *text = json_read_string(key, value);

	if (input->required && text_is_blank(text, (int) strlen(text)))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be blank.", NULL);
	if (pg_mbstrlen(text) > input->max_length)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("It is longer than %d characters.", input->max_length), NULL);
	return CStringGetTextDatum(text);
}

static NullableDatum
read_input(const JsonReadKey *key, const DirectoryInput *input, const JsonbValue *value)
{
	pg_uuid_t  *id;

	/* A form sends an empty string if no account is chosen. */
	if (value->type == jbvNull || (input->max_length == 0 && json_read_is_empty(value)))
	{
		if (input->required)
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be null.", NULL);
		return (NullableDatum) {.isnull = true};
	}
	if (input->max_length > 0)
		return (NullableDatum) {.value = read_directory_text(key, input, value)};
	id = palloc(sizeof(pg_uuid_t));
	field_read_uuid(key, json_read_string(key, value), id);
	return (NullableDatum) {.value = UUIDPGetDatum(id)};
}

/* The id can be sent back as it was read. */
static void
check_same_id(const JsonReadKey *key, const JsonbValue *value, const pg_uuid_t *id)
{
	pg_uuid_t	sent;

	field_read_uuid(key, json_read_string(key, value), &sent);
	if (tc_uuid_compare(&sent, id) != 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It cannot be changed.", "Omit it, or send it unchanged.");
}

tc_noreturn static void
unknown_input(const DirectoryKind *kind, const char *name)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; kind->inputs[i].key != NULL; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", kind->inputs[i].key);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in %s", json_read_clip(name), kind->data),
			 errhint("Valid keys are %s.", list.data)));
}

static void
read_directory_input(void *state, const char *name, const JsonbValue *value)
{
	DataInput  *in = state;
	JsonReadKey	key = {.object = in->kind->data, .key = name};

	for (int i = 0; in->kind->inputs[i].key != NULL; i++)
	{
		if (strcmp(in->kind->inputs[i].key, name) == 0)
		{
			in->data->sent[i] = true;
			in->data->values[i] = read_input(&key, &in->kind->inputs[i], value);
			return;
		}
	}
	if (in->id == NULL || strcmp(name, "id") != 0)
		unknown_input(in->kind, name);
	check_same_id(&key, value, in->id);
}

/*
 * Reads the data of a row.  id: of the row to update, which the data may contain; NULL for
 * a new one, which must have all that is required.  Raises 22023 or 22P02, naming the key.
 */
void
directory_read_data(DirectoryData *data, DirectoryNoun noun, Jsonb *json, const pg_uuid_t *id)
{
	DataInput	in = {.data = data, .kind = &directory_kinds[noun], .id = id};

	memset(data, 0, sizeof(*data));
	for (int i = 0; i < DIRECTORY_MAX_INPUTS; i++)
		data->values[i].isnull = true;
	json_read_object(&json->root, in.kind->data, read_directory_input, &in);
	for (int i = 0; id == NULL && in.kind->inputs[i].key != NULL; i++)
	{
		JsonReadKey	key = {.object = in.kind->data, .key = in.kind->inputs[i].key};

		if (in.kind->inputs[i].required && !data->sent[i])
			json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It is required.", NULL);
	}
}

/* --- rows --- */

static void
write_thing(JsonWriter *out, DirectoryNoun noun)
{
	json_write_open(out, '{');
	row_write_fields(out, directory_kinds[noun].schema, 0);
	json_write_close(out, '}');
}

/*
 * Writes a row.  Returns false if it does not exist.  Needs an API call in progress, as
 * all functions below.
 */
bool
directory_get(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};

	plan_run(&directory_plans[noun].get, values, NULL, true);
	if (SPI_processed == 0)
		return false;
	write_thing(out, noun);
	return true;
}

/* Raises 23503 for an account that does not exist, naming the key. */
static void
check_accounts(const pg_uuid_t *org_id, const DirectoryKind *kind, const DirectoryData *data)
{
	for (int i = 0; kind->inputs[i].key != NULL; i++)
	{
		if (kind->inputs[i].max_length == 0 && data->sent[i] && !data->values[i].isnull &&
			!finds(&directory_plans[DIRECTORY_ACCOUNT].find, org_id, data->values[i].value, 0))
			task_refs_raise(kind->inputs[i].key, NULL, TASK_ACCOUNT, DatumGetUUIDP(data->values[i].value));
	}
}

/*
 * Creates a row and writes it.  Raises 23503 if its account does not exist, 09000 if a
 * trigger suppresses the row.
 */
void
directory_create(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const DirectoryData *data)
{
	const DirectoryKind *kind = &directory_kinds[noun];
	PlanArgs	args = {0};

	check_accounts(org_id, kind, data);
	plan_arg(&args, UUIDPGetDatum(org_id));
	for (int i = 0; kind->inputs[i].key != NULL; i++)
		plan_arg_nullable(&args, data->values[i]);
	plan_run_args(&directory_plans[noun].create, &args);
	plan_require_rows(1, kind->table);
	write_thing(out, noun);
}

/*
 * Changes what was sent of a row, and writes the row.  Returns false if it does not exist.
 * Raises the errors of directory_create().
 */
bool
directory_update(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *id,
				 const DirectoryData *data)
{
	const DirectoryKind *kind = &directory_kinds[noun];
	DirectoryPlans *plans = &directory_plans[noun];
	PlanArgs	args = {0};

	if (!finds(&plans->find, org_id, UUIDPGetDatum(id), 0))
		return false;
	check_accounts(org_id, kind, data);
	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg(&args, UUIDPGetDatum(id));
	for (int i = 0; kind->inputs[i].key != NULL; i++)
	{
		plan_arg(&args, BoolGetDatum(data->sent[i]));
		plan_arg_nullable(&args, data->values[i]);
	}
	plan_run_args(&plans->update, &args);
	if (SPI_processed == 0)
	{
		check_suppressed(kind->table, &plans->find, org_id, UUIDPGetDatum(id), 0);
		return false;
	}
	write_thing(out, noun);
	return true;
}

/* --- teams --- */

/* Returns whether the organization has an account, contact or team with this id. */
bool
directory_exists(const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *pk)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(pk)};

	plan_run(&directory_plans[noun].get, values, NULL, true);
	return SPI_processed > 0;
}

/*
 * Adds a user to a team, unless the user is in it.  Returns false if the team does not
 * exist.  Raises 23503, with the name of the argument, if the user is not an active member
 * of the organization.
 */
bool
directory_add_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user, const char *argument)
{
	Datum		team_id = UUIDPGetDatum(team);
	Datum		user_id = UUIDPGetDatum(user);

	if (!finds(&directory_plans[DIRECTORY_TEAM].find, org_id, team_id, 0))
		return false;
	if (!finds(&find_member_plan, org_id, user_id, 0))
		task_refs_raise(argument, NULL, TASK_ASSIGNED_TO, user);
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
