/*
 * whoami.c
 *		The caller's identity as JSON.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "db/plan.h"
#include "db/row.h"
#include "identity/identity.h"
#include "identity/whoami.h"
#include "wire/json_write.h"

static KeptPlan user_plan = BOOKKEEPING_PLAN(
	"SELECT u.name, u.email FROM taskcrm.app_user u WHERE u.id OPERATOR(pg_catalog.=) $1",
	1, UUIDOID);

static KeptPlan organizations_plan = BOOKKEEPING_PLAN(
	"SELECT o.id, o.name, m.role"
	" FROM taskcrm.member m JOIN taskcrm.organization o ON o.id OPERATOR(pg_catalog.=) m.org_id"
	" WHERE m.user_id OPERATOR(pg_catalog.=) $1 AND m.is_active"
	" AND ($2 IS NULL OR m.org_id OPERATOR(pg_catalog.=) $2)"
	" ORDER BY o.name COLLATE pg_catalog.\"C\", o.id LIMIT 1000",
	2, UUIDOID, UUIDOID);

static const char *
source_name(IdentitySource source)
{
	switch (source)
	{
		case IDENTITY_NONE:
			break;
		case IDENTITY_TOKEN:
			return "token";
		case IDENTITY_CLAIMS:
			return "gateway claims";
		case IDENTITY_SETTING:
			return "gateway setting";
		case IDENTITY_LOGIN:
			return "login";
	}
	return NULL;
}

static void
write_user(JsonWriter *out, const Identity *identity)
{
	Datum		id = UUIDPGetDatum(&identity->user_id);

	json_write_key(out, "user");
	if (identity->has_user)
		plan_run_latest(&user_plan, &id, NULL);
	if (!identity->has_user || SPI_processed == 0)
	{
		json_write_null(out);
		return;
	}
	json_write_open(out, '{');
	json_write_key(out, "id");
	json_write_uuid(out, &identity->user_id);
	row_write_text(out, "name", 0, 1);
	row_write_text(out, "email", 0, 2);
	json_write_close(out, '}');
}

static void
write_organizations(JsonWriter *out, const Identity *identity)
{
	PlanArgs	args = {0};

	json_write_key(out, "organizations");
	json_write_open(out, '[');
	if (identity->has_user)
	{
		plan_arg(&args, UUIDPGetDatum(&identity->user_id));
		plan_arg_nullable(&args, identity_limit(identity));
		plan_run_latest(&organizations_plan, args.values, args.nulls);
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			json_write_open(out, '{');
			row_write_uuid(out, "id", row, 1);
			row_write_text(out, "name", row, 2);
			row_write_text(out, "role", row, 3);
			json_write_close(out, '}');
		}
	}
	json_write_close(out, ']');
}

static void
write_problem(JsonWriter *out, IdentityProblem problem)
{
	const char *hint = NULL;
	const char *text = NULL;

	if (problem != PROBLEM_NONE)
		text = identity_problem_text(problem, &hint);
	json_write_string_member(out, "problem", text);
	json_write_string_member(out, "hint", hint);
}

/*
 * Returns all about the caller's identity, including why there is no user or no
 * organization, as a datum of type json.  The organizations are the caller's own; the
 * caller needs to know them to select one.
 */
Datum
whoami_json(void)
{
	Identity	identity = *identity_current();
	OwnerSwitch saved;
	JsonWriter		out;

	json_write_begin(&out);
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();

	json_write_open(&out, '{');
	write_user(&out, &identity);
	json_write_key(&out, "org");
	if (identity.has_org)
		json_write_uuid(&out, &identity.org_id);
	else
		json_write_null(&out);
	json_write_string_member(&out, "role", !identity.has_org ? NULL : identity.is_admin ? "admin" : "member");
	json_write_string_member(&out, "source", source_name(identity.source));
	json_write_string_member(&out, "login", GetUserNameFromId(GetSessionUserId(), true));
	write_organizations(&out, &identity);
	write_problem(&out, identity.problem);
	json_write_close(&out, '}');

	SPI_finish();
	owner_leave(&saved);
	return json_write_end(&out);
}
