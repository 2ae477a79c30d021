/*
 * user_store.c
 *		Stores users and their memberships.
 *
 * All functions need a frame in OWNER_BOOKKEEPING mode.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/user_organization.h"
#include "identity/user_store.h"

#define USER_COLUMNS "u.id, u.email, u.name, u.external_id, u.is_active"

static KeptPlan find_plans[] = {
	[USER_BY_ID] = BOOKKEEPING_PLAN(
		"SELECT " USER_COLUMNS " FROM taskcrm.app_user u WHERE u.id = $1",
		1, UUIDOID),
	/* Several may differ in case, from before that was refused; the exact one comes first. */
	[USER_BY_EMAIL] = BOOKKEEPING_PLAN(
		"SELECT " USER_COLUMNS " FROM taskcrm.app_user u"
		" WHERE taskcrm_internal.folded(u.email) = taskcrm_internal.folded($1)"
		" ORDER BY u.email = $1 DESC, u.id LIMIT 1",
		1, TEXTOID),
	[USER_BY_EXTERNAL_ID] = BOOKKEEPING_PLAN(
		"SELECT " USER_COLUMNS " FROM taskcrm.app_user u WHERE u.external_id = $1",
		1, TEXTOID)
};

/* Does not keep rows that refer to the user from being written. */
static KeptPlan lock_user_plan = BOOKKEEPING_PLAN(
	"SELECT " USER_COLUMNS " FROM taskcrm.app_user u WHERE u.id = $1 FOR NO KEY UPDATE",
	1, UUIDOID);

/* A conflict is looked into afterwards, for a message that can be understood. */
static KeptPlan create_user_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.app_user (id, email, name, external_id)"
	" VALUES (coalesce($1, taskcrm.tc_uuidv7()), $2, coalesce($3, ''), $4)"
	" ON CONFLICT DO NOTHING RETURNING id",
	4, UUIDOID, TEXTOID, TEXTOID, TEXTOID);

static KeptPlan update_user_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.app_user u SET email = CASE WHEN $2 THEN $3 ELSE u.email END,"
	" name = CASE WHEN $4 THEN coalesce($5, '') ELSE u.name END,"
	" external_id = CASE WHEN $6 THEN $7 ELSE u.external_id END"
	" WHERE u.id = $1 RETURNING " USER_COLUMNS,
	7, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID);

static KeptPlan set_active_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.app_user SET is_active = $2 WHERE id = $1",
	2, UUIDOID, BOOLOID);

static KeptPlan rename_user_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.app_user SET name = $2 WHERE id = $1",
	2, UUIDOID, TEXTOID);

static KeptPlan add_member_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, is_active = true",
	3, UUIDOID, UUIDOID, TEXTOID);

static char *
text_of_row(int column)
{
	bool		isnull;
	Datum		value = plan_value(0, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Reads USER_COLUMNS. */
static void
read_user(StoredUser *user)
{
	bool		isnull;

	user->id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
	user->email = text_of_row(2);
	user->name = text_of_row(3);
	user->external_id = text_of_row(4);
	user->is_active = DatumGetBool(plan_value(0, 5, &isnull));
}

static bool
take_user(StoredUser *user)
{
	if (SPI_processed == 0)
		return false;
	read_user(user);
	return true;
}

/*
 * Finds a user, for a function that writes nothing.  user: set if it is found, palloc'ed.
 * Returns false if there is none.
 */
bool
user_find(UserKey kind, Datum key, StoredUser *user)
{
	plan_run_latest(&find_plans[kind], &key, NULL);
	return take_user(user);
}

/* The same for a function that writes: sees what it has written. */
bool
user_find_newest(UserKey kind, Datum key, StoredUser *user)
{
	plan_run_newest(&find_plans[kind], &key);
	return take_user(user);
}

/*
 * Keeps others from changing a user until the end of the transaction, and reads it.
 * Returns false if there is no such user.
 */
bool
user_lock(const pg_uuid_t *id, StoredUser *user)
{
	Datum		key = UUIDPGetDatum(id);

	plan_run_newest(&lock_user_plan, &key);
	return take_user(user);
}

tc_noreturn static void
raise_email_taken(const char *email, const StoredUser *other)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("a user with this email already exists"),
			 strcmp(email, other->email) == 0 ? 0 : errdetail("The emails differ only in case."),
			 errhint("tc_find_user() finds that user; tc_create_user() with on_conflict => 'return' returns its id.")));
}

tc_noreturn static void
raise_taken(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("a user with this %s already exists", what)));
}

/*
 * Raises the error for a user that user_insert() could not create: 23505, or 09000 if a
 * trigger suppressed the row.
 */
void
user_raise_conflict(const NewUser *user)
{
	StoredUser	other;

	if (user_find_newest(USER_BY_EMAIL, user->email, &other))
		raise_email_taken(TextDatumGetCString(user->email), &other);
	if (!user->external_id.isnull && user_find_newest(USER_BY_EXTERNAL_ID, user->external_id.value, &other))
		raise_taken("external id");
	if (!user->id.isnull && user_find_newest(USER_BY_ID, user->id.value, &other))
		raise_taken("id");
	suppress_raise("app_user");
}

/*
 * Creates a user and sets *created to the id.  Returns false if there is a user with the
 * same id, email or external id, also one that another transaction is creating.
 */
bool
user_insert(pg_uuid_t *created, const NewUser *user)
{
	PlanArgs	args = {0};
	bool		isnull;

	plan_arg_nullable(&args, user->id);
	plan_arg(&args, user->email);
	plan_arg_nullable(&args, user->name);
	plan_arg_nullable(&args, user->external_id);
	plan_run_args(&create_user_plan, &args);
	if (SPI_processed == 0)
		return false;
	*created = *DatumGetUUIDP(plan_value(0, 1, &isnull));
	return true;
}

/* Uses the user who has the email already.  Raises 23505 if it may not be used. */
static void
use_existing(pg_uuid_t *found, const NewUser *user, const StoredUser *other, bool may_exist)
{
	if (!may_exist)
		raise_email_taken(TextDatumGetCString(user->email), other);
	if (!user->external_id.isnull &&
		(other->external_id == NULL || strcmp(other->external_id, TextDatumGetCString(user->external_id.value)) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the user with this email does not have this external id"),
				 errhint("tc_update_user() sets the external id of a user.")));
	*found = other->id;
}

/*
 * Creates a user and sets *created to the id.  may_exist: if a user has the email
 * already, set *created to the id of that user.  Raises 23505 if the email or another key
 * is taken, 09000 if a trigger suppresses the row.
 */
void
user_create(pg_uuid_t *created, const NewUser *user, bool may_exist)
{
	StoredUser	other;

	if (!user_find_newest(USER_BY_EMAIL, user->email, &other))
	{
		if (user_insert(created, user))
			return;
		/* Another transaction has just created one. */
		if (!user_find_newest(USER_BY_EMAIL, user->email, &other))
			user_raise_conflict(user);
	}
	use_existing(created, user, &other, may_exist);
}

/* Raises 23505 if another user has the email or the external id. */
static void
require_free(const pg_uuid_t *id, const UserChange *change)
{
	StoredUser	other;

	if (change->sets_email && user_find_newest(USER_BY_EMAIL, change->email.value, &other) &&
		tc_uuid_compare(&other.id, id) != 0)
		raise_email_taken(TextDatumGetCString(change->email.value), &other);
	if (change->sets_external_id && !change->external_id.isnull &&
		user_find_newest(USER_BY_EXTERNAL_ID, change->external_id.value, &other) && tc_uuid_compare(&other.id, id) != 0)
		raise_taken("external id");
}

static bool
user_exists(const pg_uuid_t *id)
{
	StoredUser	user;

	return user_find_newest(USER_BY_ID, UUIDPGetDatum(id), &user);
}

/*
 * Changes a user.  user: set to the result.  Returns false if there is no such user.
 * Raises 23505 if another user has the email or the external id, 09000 if a trigger
 * suppresses the row.
 */
bool
user_update(const pg_uuid_t *id, const UserChange *change, StoredUser *user)
{
	PlanArgs	args = {0};

	require_free(id, change);
	plan_arg(&args, UUIDPGetDatum(id));
	plan_arg(&args, BoolGetDatum(change->sets_email));
	plan_arg_nullable(&args, change->email);
	plan_arg(&args, BoolGetDatum(change->sets_name));
	plan_arg_nullable(&args, change->name);
	plan_arg(&args, BoolGetDatum(change->sets_external_id));
	plan_arg_nullable(&args, change->external_id);
	plan_run_args(&update_user_plan, &args);
	if (SPI_processed > 0)
	{
		read_user(user);
		return true;
	}
	if (user_exists(id))
		suppress_raise("app_user");
	return false;
}

/*
 * Activates or deactivates a user.  Returns false if there is no such user.  Raises 09000
 * if a trigger suppresses the row.
 */
bool
user_set_active(const pg_uuid_t *id, bool is_active)
{
	Datum		values[2] = {UUIDPGetDatum(id), BoolGetDatum(is_active)};

	if (plan_finds(&set_active_plan, values))
		return true;
	if (user_exists(id))
		suppress_raise("app_user");
	return false;
}

/* Writes the members of the JSON object of a user. */
void
user_write_members(JsonWriter *out, const StoredUser *user)
{
	json_write_key(out, "id");
	json_write_uuid(out, &user->id);
	json_write_string_member(out, "email", user->email);
	json_write_string_member(out, "name", user->name);
	json_write_string_member(out, "external_id", user->external_id);
	json_write_key(out, "is_active");
	json_write_bool(out, user->is_active);
}

/* Returns whether there is such a role of members. */
bool
member_role_is_valid(const char *role)
{
	return strcmp(role, "admin") == 0 || strcmp(role, "member") == 0;
}

/*
 * Changes the name of a user who exists.  name: text, checked.  Raises 09000 if a trigger
 * suppresses the row.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
user_rename(const pg_uuid_t *id, Datum name)
{
	Datum		values[2] = {UUIDPGetDatum(id), name};

	plan_run(&rename_user_plan, values, NULL, false);
	plan_require_rows(1, "app_user");
}

/*
 * Adds a member to an organization, or changes the role of one.  role: text, checked.
 * Raises 23503 if either does not exist, 09000 if a trigger suppresses the row.
 */
void
member_add(const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id), role};

	/* Before the member, which others who hold the user may add as well. */
	user_hold(user_id);
	plan_run(&add_member_plan, values, NULL, false);
	plan_require_rows(1, "member");
}
