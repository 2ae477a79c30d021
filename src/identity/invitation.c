/*
 * invitation.c
 *		Invitations to an organization.
 *
 * A token names the organization and the invitation and contains a secret.  Only its hash
 * is stored, so that nobody who reads the table or a dump can use it.  Whoever accepts an
 * invitation has no organization yet, so these statements run without policies, and each
 * names the organization and the hash.
 */
#include "postgres.h"

#include <openssl/sha.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/invitation.h"
#include "wire/base64url.h"

#define SECRET_SIZE 32

/* What a token is, before it is encoded. */
typedef struct InvitationToken
{
	pg_uuid_t	org_id;
	pg_uuid_t	id;
	uint8		secret[SECRET_SIZE];
} InvitationToken;

#define TOKEN_LENGTH BASE64URL_TEXT_SIZE(sizeof(InvitationToken))

StaticAssertDecl(sizeof(InvitationToken) == 2 * UUID_LEN + SECRET_SIZE, "a token has no padding");

/* The open invitations of an organization. */
#define MAX_OPEN 1000

static const RowField invitation_fields[] = {
	{"id", ROW_UUID, false, "The id of the invitation."},
	{"email", ROW_TEXT, true, "The email address of the user who may accept it; null for whoever has the token."},
	{"role", ROW_TEXT, false, "The role that the user gets: admin or member."},
	{"created_on", ROW_TIMESTAMP, false, "When the invitation was created."},
	{"created_by", ROW_UUID, true, "The id of the admin who created it."},
	{"expires_on", ROW_TIMESTAMP, false, "From when on it cannot be accepted."}
};

static const RowField membership_fields[] = {
	{"id", ROW_UUID, false, "The id of the organization."},
	{"name", ROW_TEXT, false, "The name of the organization."},
	{"role", ROW_TEXT, false, "The role in the organization: admin or member."}
};

const RowSchema invitation_schema = {
	"Invitation", "An invitation to the organization.", lengthof(invitation_fields), invitation_fields
};
const RowSchema membership_schema = {
	"Membership", "An organization that the caller has become a member of.",
	lengthof(membership_fields), membership_fields
};

#define IS_OPEN "i.accepted_on IS NULL AND i.expires_on > statement_timestamp()"

/* Returns a row if a user with this email is a member, active or not. */
static KeptPlan is_member_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id"
	" WHERE m.org_id = $1 AND taskcrm_internal.folded(u.email) = taskcrm_internal.folded($2)",
	2, UUIDOID, TEXTOID);

/*
 * Deletes expired invitations, a few at a time, and an open one for the same email.
 * Returns whether one is left.
 */
static KeptPlan sweep_plan = TENANT_PLAN(
	"WITH old AS MATERIALIZED (SELECT i.id FROM taskcrm_internal.invitation i"
	" WHERE i.org_id = $1 AND (i.expires_on <= statement_timestamp() OR (i.accepted_on IS NULL"
	" AND taskcrm_internal.folded(i.email) = taskcrm_internal.folded($2)))"
	" ORDER BY i.id LIMIT 100 FOR UPDATE SKIP LOCKED),"
	" gone AS (DELETE FROM taskcrm_internal.invitation d USING old WHERE d.org_id = $1 AND d.id = old.id RETURNING 1)"
	" SELECT (SELECT count(*) FROM old) > (SELECT count(*) FROM gone)",
	2, UUIDOID, TEXTOID);

static KeptPlan count_open_plan = TENANT_PLAN(
	"SELECT count(*) FROM taskcrm_internal.invitation i WHERE i.org_id = $1 AND " IS_OPEN,
	1, UUIDOID);

static KeptPlan create_invitation_plan = TENANT_PLAN(
	"INSERT INTO taskcrm_internal.invitation (org_id, id, email, role, token_hash, created_by, expires_on)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, email, role, expires_on",
	7, UUIDOID, UUIDOID, TEXTOID, TEXTOID, BYTEAOID, UUIDOID, TIMESTAMPTZOID);

static KeptPlan revoke_plan = TENANT_PLAN(
	"DELETE FROM taskcrm_internal.invitation i WHERE i.org_id = $1 AND i.id = $2 AND i.accepted_on IS NULL",
	2, UUIDOID, UUIDOID);

static KeptPlan find_open_plan = TENANT_PLAN(
	"SELECT FROM taskcrm_internal.invitation i WHERE i.org_id = $1 AND i.id = $2 AND i.accepted_on IS NULL",
	2, UUIDOID, UUIDOID);

static KeptPlan list_plan = TENANT_PLAN(
	"SELECT i.id, i.email, i.role, i.created_on, i.created_by, i.expires_on"
	" FROM taskcrm_internal.invitation i WHERE i.org_id = $1 AND " IS_OPEN
	" ORDER BY i.created_on DESC, i.id DESC",
	1, UUIDOID);

/* $1 organization, $2 id, $3 hash, $4 the user, whose email is compared as everywhere. */
#define MAY_ACCEPT \
	" WHERE i.org_id = $1 AND i.id = $2 AND i.token_hash = $3 AND " IS_OPEN \
	" AND (i.email IS NULL OR EXISTS (SELECT FROM taskcrm.app_user u WHERE u.id = $4" \
	" AND taskcrm_internal.folded(u.email) = taskcrm_internal.folded(i.email)))"

static KeptPlan find_acceptable_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.invitation i" MAY_ACCEPT,
	4, UUIDOID, UUIDOID, BYTEAOID, UUIDOID);

/* A deletion of the organization locks it before its rows. */
static KeptPlan hold_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.organization o WHERE o.id = $1 FOR KEY SHARE",
	1, UUIDOID);

/* A second transaction waits here, and then finds that it has been accepted. */
static KeptPlan accept_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm_internal.invitation i SET accepted_on = statement_timestamp(), accepted_by = $4" MAY_ACCEPT
	" RETURNING i.role",
	4, UUIDOID, UUIDOID, BYTEAOID, UUIDOID);

static KeptPlan become_member_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, user_id) DO NOTHING",
	3, UUIDOID, UUIDOID, TEXTOID);

static KeptPlan find_membership_plan = BOOKKEEPING_PLAN(
	"SELECT o.id, o.name, m.role FROM taskcrm.organization o JOIN taskcrm.member m"
	" ON m.org_id = $1 AND m.user_id = $2 WHERE o.id = $1",
	2, UUIDOID, UUIDOID);

/* Returns the hash of a token as a datum of type bytea. */
static Datum
hash_token(const InvitationToken *token)
{
	bytea	   *hash = palloc(VARHDRSZ + SHA256_DIGEST_LENGTH);

	SET_VARSIZE(hash, VARHDRSZ + SHA256_DIGEST_LENGTH);
	SHA256((const unsigned char *) token, sizeof(InvitationToken), (unsigned char *) VARDATA(hash));
	return PointerGetDatum(hash);
}

static void
make_token(InvitationToken *token, const pg_uuid_t *org_id)
{
	token->org_id = *org_id;
	tc_uuid_make(&token->id);
	if (!pg_strong_random(token->secret, SECRET_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random token")));
}

/* Refuses to invite a member, and too many.  All of them fit into one answer. */
static void
check_invitation(const pg_uuid_t *org_id, const NewInvitation *invitation)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), invitation->email.value};
	bool		isnull;

	if (!invitation->email.isnull && plan_finds(&is_member_plan, values))
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("the user is already a member of the organization"),
				 errhint("A member who is not active gets access again with tc_reactivate_member().")));
	plan_run(&count_open_plan, values, NULL, false);
	if (DatumGetInt64(plan_value(0, 1, &isnull)) >= MAX_OPEN)
		ereport(ERROR,
				(errcode(ERRCODE_TC_CONFLICT),
				 errmsg("the organization has %d open invitations", MAX_OPEN),
				 errhint("Revoke some, or wait until they expire.")));
}

/* With an older snapshot, rows deleted by others in the meantime would be an error. */
static void
sweep_invitations(const pg_uuid_t *org_id, NullableDatum email)
{
	PlanArgs	args = {0};
	bool		isnull;

	if (IsolationUsesXactSnapshot())
		return;
	plan_arg(&args, UUIDPGetDatum(org_id));
	plan_arg_nullable(&args, email);
	plan_run_args(&sweep_plan, &args);
	if (DatumGetBool(plan_value(0, 1, &isnull)))
		suppress_raise("invitation");
}

static void
insert_invitation(const Identity *identity, const NewInvitation *invitation, const InvitationToken *token)
{
	PlanArgs	args = {0};

	plan_arg(&args, UUIDPGetDatum(&token->org_id));
	plan_arg(&args, UUIDPGetDatum(&token->id));
	plan_arg_nullable(&args, invitation->email);
	plan_arg(&args, invitation->role);
	plan_arg(&args, hash_token(token));
	plan_arg(&args, UUIDPGetDatum(&identity->user_id));
	plan_arg(&args, TimestampTzGetDatum(invitation->expires_on));
	plan_run_args(&create_invitation_plan, &args);
	plan_require_rows(1, "invitation");
}

/*
 * Creates an invitation and writes it with its token, which cannot be read again.  Deletes
 * some expired ones, and the open one for the same email, if there is one.  Raises PT409
 * for a member and for too many, 09000 if a trigger suppresses a row.  Needs an API call of
 * an admin in progress that holds the lock of organization_lock().
 */
void
invitation_create(JsonWriter *out, const Identity *identity, const NewInvitation *invitation)
{
	InvitationToken token;
	char		text[TOKEN_LENGTH + 1];

	sweep_invitations(&identity->org_id, invitation->email);
	check_invitation(&identity->org_id, invitation);
	make_token(&token, &identity->org_id);
	insert_invitation(identity, invitation, &token);
	text[base64url_encode((const uint8 *) &token, sizeof(token), text)] = '\0';

	json_write_open(out, '{');
	row_write_uuid(out, "id", 0, 1);
	row_write_text(out, "email", 0, 2);
	row_write_text(out, "role", 0, 3);
	row_write_field(out, &invitation_fields[5], 0, 4);
	json_write_string_member(out, "token", text);
	json_write_close(out, '}');
}

/* Makes the user a member.  role: text.  Raises PT409 for a member, active or not. */
static void
become_member(const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id), role};

	if (plan_finds(&become_member_plan, values))
		return;
	if (suppress_is_possible("member") && !plan_finds(&find_membership_plan, values))
		suppress_raise("member");
	ereport(ERROR,
			(errcode(ERRCODE_TC_CONFLICT),
			 errmsg("the user is already a member of the organization"),
			 errhint("An admin can change the role, and give access to a member who is not active.")));
}

static bool
read_token(InvitationToken *token, const char *text, size_t length)
{
	/* A text of this length has no more bytes than the token. */
	return length == TOKEN_LENGTH &&
		base64url_decode(text, length, (uint8 *) token) == (int) sizeof(InvitationToken);
}

/*
 * Reads a token.  key: set, palloc'ed.  Returns false if it is none, or one for an organization
 * that the identity may not work in.
 */
bool
invitation_read(InvitationKey *key, const Identity *identity, const char *text, size_t length)
{
	InvitationToken token;
	NullableDatum limit = identity_limit(identity);

	if (!read_token(&token, text, length) ||
		(!limit.isnull && tc_uuid_compare(DatumGetUUIDP(limit.value), &token.org_id) != 0))
		return false;
	key->org_id = token.org_id;
	key->id = token.id;
	key->hash = hash_token(&token);
	return true;
}

/*
 * Marks an invitation as accepted by a user.  *role: set to the role that the user gets, valid
 * until SPI_finish().  Returns false if there is no such invitation that the user can accept,
 * whatever the reason.  Raises 09000 if a trigger suppresses the row.  Needs a frame in
 * OWNER_BOOKKEEPING mode.
 */
bool
invitation_take(const InvitationKey *key, const pg_uuid_t *user_id, Datum *role)
{
	Datum		values[4] = {UUIDPGetDatum(&key->org_id), UUIDPGetDatum(&key->id), key->hash, UUIDPGetDatum(user_id)};
	bool		isnull;

	if (!plan_finds(&find_acceptable_plan, values) || !plan_finds(&hold_plan, values))
		return false;
	if (!plan_finds(&accept_plan, values))
	{
		if (suppress_is_possible("invitation") && plan_finds(&find_acceptable_plan, values))
			suppress_raise("invitation");
		return false;
	}
	*role = plan_value(0, 1, &isnull);
	return true;
}

/*
 * Makes a user a member of an organization, and writes the organization.  role: text.  Raises
 * PT409 if the user is a member, 09000 if a trigger suppresses the row.  Needs a frame in
 * OWNER_BOOKKEEPING mode.
 */
void
invitation_join(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(user_id)};

	become_member(org_id, user_id, role);
	plan_run(&find_membership_plan, values, NULL, false);
	plan_require_rows(1, "member");
	json_write_open(out, '{');
	row_write_fields(out, &membership_schema, 0);
	json_write_close(out, '}');
}

/*
 * Deletes an open invitation.  Returns false if there is none with this id.  Raises 09000
 * if a trigger suppresses the row.  Needs an API call of an admin in progress.
 */
bool
invitation_revoke(const pg_uuid_t *org_id, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(id)};

	if (plan_finds(&revoke_plan, values))
		return true;
	if (suppress_is_possible("invitation") && plan_finds(&find_open_plan, values))
		suppress_raise("invitation");
	return false;
}

/*
 * Writes the open invitations, newest first, as a list with one page.  Needs an API call
 * of an admin in progress.
 */
void
invitation_list(JsonWriter *out, const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);

	plan_run(&list_plan, &org, NULL, true);
	json_write_open(out, '{');
	json_write_key(out, "count");
	json_write_int(out, (int64) SPI_processed);
	json_write_string_member(out, "next", NULL);
	json_write_string_member(out, "previous", NULL);
	json_write_key(out, "results");
	json_write_open(out, '[');
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		json_write_open(out, '{');
		row_write_fields(out, &invitation_schema, row);
		json_write_close(out, '}');
	}
	json_write_close(out, ']');
	json_write_close(out, '}');
}
