/*
 * people.c
 *		The people and teams of a task, as JSON.
 *
 * Names are ordered by code point, as everywhere, so that the order does not depend on a
 * locale.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "base/settings.h"
#include "db/plan.h"
#include "db/row.h"
#include "task/people.h"

/* A task shows at most this many; its task_obj has the ids of all of them. */
#define MAX_SHOWN "1000"

static KeptPlan assignees_plan = TENANT_PLAN(
	"SELECT u.id, u.name, u.email FROM taskcrm.task_assignee l JOIN taskcrm.app_user u ON u.id = l.user_id"
	" WHERE l.org_id = $1 AND l.task_id = $2 ORDER BY u.name COLLATE pg_catalog.\"C\", u.id LIMIT " MAX_SHOWN,
	2, UUIDOID, UUIDOID);

static KeptPlan teams_plan = TENANT_PLAN(
	"SELECT m.id, m.name FROM taskcrm.task_team l JOIN taskcrm.team m ON m.org_id = $1 AND m.id = l.team_id"
	" WHERE l.org_id = $1 AND l.task_id = $2 ORDER BY m.name COLLATE pg_catalog.\"C\", m.id LIMIT " MAX_SHOWN,
	2, UUIDOID, UUIDOID);

static KeptPlan mentionable_plan = TENANT_PLAN(
	"SELECT u.id, u.name, u.email FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id"
	" WHERE m.org_id = $1 AND m.is_active AND u.is_active"
	" ORDER BY u.name COLLATE pg_catalog.\"C\", u.id LIMIT $2",
	2, UUIDOID, INT8OID);

static const RowField user_fields[] = {
	{"id", ROW_UUID, false, "The id of the user."},
	{"name", ROW_TEXT, false, "The name; may be empty."},
	{"email", ROW_TEXT, false, "The email address."}
};

static const RowField team_fields[] = {
	{"id", ROW_UUID, false, "The id of the team."},
	{"name", ROW_TEXT, false, "The name."}
};

const RowSchema user_schema = {"User", "A user.", lengthof(user_fields), user_fields};
const RowSchema team_schema = {"Team", "A team.", lengthof(team_fields), team_fields};

/*
 * Writes the members of a user's object; id, name and email are the row's first columns.
 */
void
people_write_user(JsonWriter *out, uint64 row)
{
	row_write_fields(out, &user_schema, row);
}

/* The same for a team, which has no email. */
static void
write_team(JsonWriter *out, uint64 row)
{
	row_write_fields(out, &team_schema, row);
}

/* Writes the rows of the last statement as an array of objects. */
static void
write_people_rows(JsonWriter *out, const char *key, void (*write) (JsonWriter *out, uint64 row))
{
	json_write_key(out, key);
	json_write_open(out, '[');
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		json_write_open(out, '{');
		write(out, row);
		json_write_close(out, '}');
	}
	json_write_close(out, ']');
}

/* Writes the assignees of a task, at most 1000.  Needs an API call in progress. */
void
people_write_assignees(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(task_id)};

	plan_run(&assignees_plan, values, NULL, true);
	write_people_rows(out, "assigned_to", people_write_user);
}

/* Writes the teams of a task, at most 1000.  Needs an API call in progress. */
void
people_write_teams(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(task_id)};

	plan_run(&teams_plan, values, NULL, true);
	write_people_rows(out, "teams", write_team);
}

/*
 * Writes the active members of the organization by name, at most
 * taskcrm.max_users_mention.  Needs an API call in progress.
 */
void
people_write_mentionable(JsonWriter *out, const Identity *identity)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), Int64GetDatum(settings_max_users_mention)};

	plan_run(&mentionable_plan, values, NULL, true);
	write_people_rows(out, "users_mention", people_write_user);
}
