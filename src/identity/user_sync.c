/*
 * user_sync.c
 *		Makes a user as the identity provider knows it.
 *
 * A user is found by the external id.  A user who is there already under the same email
 * becomes this user only if the caller says that the provider has verified the email.
 *
 * The provider decides about the organizations that have an external id: memberships of
 * such an organization that it does not list are deactivated.  Others are kept.  A member
 * or user whom somebody deactivated here stays so, unless the provider says otherwise.
 *
 * Any number of calls may run for the same user and the same new organizations.  Rows are
 * written in the order of doc/architecture.md: organizations by their external ids,
 * members by organization, an existing user last.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/character.h"
#include "db/plan.h"
#include "db/row.h"
#include "db/suppressed_row.h"
#include "identity/admin_trigger.h"
#include "identity/user_store.h"
#include "identity/user_sync.h"
#include "wire/json_read.h"

/* Maximum length of the name of an organization, in characters. */
#define MAX_NAME 255

/* A membership that the provider lists, or one to deactivate. */
typedef struct SyncMembership
{
	NamedId		org;
	bool		has_org;
	char	   *name;			/* of the organization, NULL for none */
	char	   *role;			/* NULL to keep it */
	bool		sets_active;
	bool		is_active;
	pg_uuid_t	org_id;
	bool		is_created;		/* the organization is new */
} SyncMembership;

static KeptPlan find_org_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE o.external_id = $1",
	1, TEXTOID);

static KeptPlan org_exists_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE o.id = $1",
	1, UUIDOID);

static KeptPlan create_org_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.organization (name, external_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
	2, TEXTOID, TEXTOID);

static KeptPlan unlisted_plan = BOOKKEEPING_PLAN(
	"SELECT m.org_id FROM taskcrm.member m JOIN taskcrm.organization o ON o.id = m.org_id"
	" WHERE m.user_id = $1 AND m.is_active AND o.external_id IS NOT NULL AND m.org_id <> ALL ($2)",
	2, UUIDOID, UUIDARRAYOID);

static KeptPlan lock_member_plan = BOOKKEEPING_PLAN(
	"SELECT m.role, m.is_active FROM taskcrm.member m WHERE m.org_id = $1 AND m.user_id = $2 FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

static KeptPlan insert_member_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, user_id) DO NOTHING",
	3, UUIDOID, UUIDOID, TEXTOID);

static KeptPlan update_member_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.member SET role = $3, is_active = $4 WHERE org_id = $1 AND user_id = $2",
	4, UUIDOID, UUIDOID, TEXTOID, BOOLOID);

static KeptPlan memberships_plan = BOOKKEEPING_PLAN(
	"SELECT o.id, o.external_id, o.name, m.role"
	" FROM taskcrm.member m JOIN taskcrm.organization o ON o.id = m.org_id"
	" WHERE m.user_id = $1 AND m.is_active ORDER BY o.name COLLATE \"C\", o.id",
	1, UUIDOID);

static char *
read_limited(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *text = json_read_string(key, value);

	if (text_is_blank(text, (int) strlen(text)))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be blank.", NULL);
	if (pg_mbstrlen(text) > MAX_NAME)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is longer than 255 characters.", NULL);
	return text;
}

/* Reads id or external_id.  A provider whose ids are uuids may send those as external_id. */
static void
read_org(SyncMembership *membership, const JsonReadKey *key, const JsonbValue *value, bool must_be_uuid)
{
	char	   *text = json_read_string(key, value);

	if (membership->has_org)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "Either id or external_id must be specified.", NULL);
	if (!named_id_read(text, &membership->org) || (must_be_uuid && membership->org.external[0] != '\0'))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  must_be_uuid ? "It must be a uuid." : external_id_problem(text), NULL);
	membership->has_org = true;
}

static void
read_membership(void *state, const char *name, const JsonbValue *value)
{
	SyncMembership *membership = state;
	JsonReadKey key = {.object = "organizations", .key = name};

	if (strcmp(name, "id") == 0 || strcmp(name, "external_id") == 0)
		read_org(membership, &key, value, strcmp(name, "id") == 0);
	else if (strcmp(name, "name") == 0)
		membership->name = read_limited(&key, value);
	else if (strcmp(name, "role") == 0)
	{
		membership->role = read_limited(&key, value);
		if (!member_role_is_valid(membership->role))
			json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE,
							  psprintf("There is no role \"%s\".", json_read_clip(membership->role)),
							  "Valid roles are admin and member.");
	}
	else if (strcmp(name, "is_active") == 0)
	{
		membership->sets_active = true;
		membership->is_active = json_read_bool(&key, value);
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_read_clip(name), key.object),
				 errhint("Valid keys are id, external_id, name, role and is_active.")));
}

static int
read_memberships(Jsonb *json, SyncMembership **memberships)
{
	JsonbContainer **objects;
	int			count;

	if (json == NULL)
		return 0;
	count = json_read_objects(json, "organizations", &objects);
	*memberships = palloc0(sizeof(SyncMembership) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		json_read_object(objects[i], "organizations", read_membership, &(*memberships)[i]);
		if (!(*memberships)[i].has_org)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of %s has neither id nor external_id", i, "organizations")));
	}
	return count;
}

static int
compare_external(const void *a, const void *b)
{
	return strcmp(((const SyncMembership *) a)->org.external, ((const SyncMembership *) b)->org.external);
}

static int
compare_org_id(const void *a, const void *b)
{
	return tc_uuid_compare(&((const SyncMembership *) a)->org_id, &((const SyncMembership *) b)->org_id);
}

/* Runs a statement that finds or creates an organization.  Returns whether it did. */
static bool
take_org(SyncMembership *membership, KeptPlan *plan, const Datum *values)
{
	bool		isnull;

	plan_run_newest(plan, values);
	if (SPI_processed == 0)
		return false;
	membership->org_id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
	return true;
}

tc_noreturn static void
raise_unknown_org(const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
			 errmsg("an organization in %s does not exist", "organizations"),
			 hint ? errhint("%s", hint) : 0));
}

/* Finds or creates the organization of a membership. */
static void
resolve_org(SyncMembership *membership)
{
	Datum		id = UUIDPGetDatum(&membership->org.id);
	Datum		values[2];

	if (membership->org.external[0] == '\0')
	{
		if (!take_org(membership, &org_exists_plan, &id))
			raise_unknown_org(NULL);
		return;
	}
	values[1] = CStringGetTextDatum(membership->org.external);
	if (take_org(membership, &find_org_plan, &values[1]))
		return;
	if (membership->name == NULL)
		raise_unknown_org("With a name, it is created.");
	values[0] = CStringGetTextDatum(membership->name);
	membership->is_created = take_org(membership, &create_org_plan, values);
	if (!membership->is_created && !take_org(membership, &find_org_plan, &values[1]))
		suppress_raise("organization");
}

/* Finds or creates the organizations, and sorts the memberships by their ids. */
static void
resolve_orgs(SyncMembership *memberships, int count)
{
	qsort(memberships, count, sizeof(SyncMembership), compare_external);
	for (int i = 0; i < count; i++)
		resolve_org(&memberships[i]);
	qsort(memberships, count, sizeof(SyncMembership), compare_org_id);
	for (int i = 1; i < count; i++)
	{
		if (compare_org_id(&memberships[i - 1], &memberships[i]) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s contains an organization twice", "organizations")));
	}
}

/* Adds the memberships to deactivate.  Returns the new number. */
static int
add_unlisted(const pg_uuid_t *user_id, SyncMembership **memberships, int count)
{
	Datum	   *listed = palloc(sizeof(Datum) * Max(count, 1));
	Datum		values[2] = {UUIDPGetDatum(user_id), 0};

	for (int i = 0; i < count; i++)
		listed[i] = UUIDPGetDatum(&(*memberships)[i].org_id);
	values[1] = PointerGetDatum(tc_uuid_array(listed, count));
	plan_run_newest(&unlisted_plan, values);
	*memberships = repalloc(*memberships, sizeof(SyncMembership) * (count + SPI_processed + 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		SyncMembership *membership = &(*memberships)[count++];
		bool		isnull;

		memset(membership, 0, sizeof(*membership));
		membership->org_id = *DatumGetUUIDP(plan_value(row, 1, &isnull));
		membership->sets_active = true;
	}
	qsort(*memberships, count, sizeof(SyncMembership), compare_org_id);
	return count;
}

/* Changes a membership that exists and is locked.  Raises PT409 for the last admin. */
static void
change_member(const SyncMembership *membership, Datum *values)
{
	bool		isnull;
	char	   *old_role = TextDatumGetCString(plan_value(0, 1, &isnull));
	bool		was_active = DatumGetBool(plan_value(0, 2, &isnull));
	const char *role = membership->role != NULL ? membership->role : old_role;
	bool		is_active = membership->sets_active ? membership->is_active : was_active;

	if (strcmp(role, old_role) == 0 && is_active == was_active)
		return;
	if (was_active && strcmp(old_role, "admin") == 0 && !(is_active && strcmp(role, "admin") == 0))
		admin_refuse_last(DatumGetUUIDP(values[0]), DatumGetUUIDP(values[1]));
	values[2] = CStringGetTextDatum(role);
	values[3] = BoolGetDatum(is_active);
	plan_run_newest(&update_member_plan, values);
	plan_require_rows(1, "member");
}

static void
write_member(const pg_uuid_t *user_id, const SyncMembership *membership)
{
	Datum		values[4] = {UUIDPGetDatum(&membership->org_id), UUIDPGetDatum(user_id)};

	plan_run_newest(&lock_member_plan, values);
	if (SPI_processed == 0)
	{
		if (membership->sets_active && !membership->is_active)
			return;
		values[2] = CStringGetTextDatum(membership->role != NULL ? membership->role : "member");
		plan_run_newest(&insert_member_plan, values);
		if (SPI_processed > 0)
			return;
		/* Another transaction has just added it. */
		plan_run_newest(&lock_member_plan, values);
		plan_require_rows(1, "member");
	}
	change_member(membership, values);
}

static void
sync_memberships(const pg_uuid_t *user_id, const Jsonb *json, SyncMembership *memberships, int count)
{
	if (json == NULL)
		return;
	count = add_unlisted(user_id, &memberships, count);
	for (int i = 0; i < count; i++)
		write_member(user_id, &memberships[i]);
}

static bool
find_synced(const NamedId *named, StoredUser *user)
{
	if (named->external[0] == '\0')
		return user_find_newest(USER_BY_ID, UUIDPGetDatum(&named->id), user);
	return user_find_newest(USER_BY_EXTERNAL_ID, CStringGetTextDatum(named->external), user);
}

/*
 * Makes the user with the email the provider's user, or raises 23505.  Only one without an
 * external id becomes it: another one is somebody else, or the same person at another
 * provider.
 */
static void
adopt_user(const UserSync *sync, StoredUser *user)
{
	pg_uuid_t	id = user->id;

	if (sync->email_is_verified && sync->user.external[0] != '\0' && user_lock(&id, user) && user->external_id == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("another user has this email"),
			 errdetail("That user has %s external id.", user->external_id == NULL ? "no" : "another"),
			 user->external_id == NULL ?
			 errhint("If the provider has verified the email, pass email_verified => true to make them one user.") : 0));
}

/* Creates the user, or finds one that has the email.  Returns whether it is new. */
static bool
create_synced(const UserSync *sync, StoredUser *user)
{
	bool		is_external = sync->user.external[0] != '\0';
	NewUser		new_user = {
		.id = {UUIDPGetDatum(&sync->user.id), is_external},
		.email = sync->email,
		.name = sync->name,
		.external_id = {.isnull = true}
	};

	if (user_find_newest(USER_BY_EMAIL, sync->email, user))
	{
		adopt_user(sync, user);
		return false;
	}
	if (is_external)
		new_user.external_id = (NullableDatum) {CStringGetTextDatum(sync->user.external), false};
	if (user_insert(&user->id, &new_user))
		return find_synced(&sync->user, user);
	/* Another transaction was creating the same user. */
	if (find_synced(&sync->user, user))
		return false;
	if (!user_find_newest(USER_BY_EMAIL, sync->email, user))
		user_raise_conflict(&new_user);
	adopt_user(sync, user);
	return false;
}

/* Gives an existing user what the provider says. */
static void
refresh_user(const UserSync *sync, StoredUser *user)
{
	UserChange	change = {
		.sets_email = strcmp(user->email, TextDatumGetCString(sync->email)) != 0,
		.email = {sync->email, false},
		.sets_name = !sync->name.isnull && strcmp(user->name, TextDatumGetCString(sync->name.value)) != 0,
		.name = sync->name,
		.sets_external_id = user->external_id == NULL && sync->user.external[0] != '\0',
		.external_id = {CStringGetTextDatum(sync->user.external), false}
	};
	pg_uuid_t	id = user->id;

	if ((change.sets_email || change.sets_name || change.sets_external_id) && !user_update(&id, &change, user))
		suppress_raise("app_user");
}

static void
write_memberships(JsonWriter *out, const pg_uuid_t *user_id)
{
	Datum		user = UUIDPGetDatum(user_id);

	json_write_key(out, "organizations");
	json_write_open(out, '[');
	plan_run_newest(&memberships_plan, &user);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		json_write_open(out, '{');
		row_write_uuid(out, "id", row, 1);
		row_write_text(out, "external_id", row, 2);
		row_write_text(out, "name", row, 3);
		row_write_text(out, "role", row, 4);
		json_write_close(out, '}');
	}
	json_write_close(out, ']');
}

/*
 * Creates or changes a user, its organizations and its memberships, and writes the result
 * as an object.  Raises 22023 for organizations that are not valid, 23503 for an unknown
 * one, 23505 if the email is another user's, PT409 if an organization would lose its last
 * admin, 09000 if a trigger suppresses a row.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
user_sync(JsonWriter *out, const UserSync *sync)
{
	SyncMembership *memberships = NULL;
	int			count = read_memberships(sync->organizations, &memberships);
	StoredUser	user;
	bool		is_new = !find_synced(&sync->user, &user) && create_synced(sync, &user);

	resolve_orgs(memberships, count);
	sync_memberships(&user.id, sync->organizations, memberships, count);
	if (!is_new)
		refresh_user(sync, &user);
	json_write_open(out, '{');
	user_write_members(out, &user);
	json_write_key(out, "created");
	json_write_bool(out, is_new);
	write_memberships(out, &user.id);
	json_write_close(out, '}');
}
