/*
 * api_invitations.c
 *		Invitations to an organization: by its admins, and accepted by users.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "api/api_step.h"
#include "base/compat.h"
#include "base/log_redact.h"
#include "identity/invitation.h"
#include "task/organization.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_invite_member);
PG_FUNCTION_INFO_V1(tc_list_invitations);
PG_FUNCTION_INFO_V1(tc_revoke_invitation);
PG_FUNCTION_INFO_V1(tc_accept_invitation);

/* How long an invitation is valid if nothing is specified, and at most. */
#define DEFAULT_DAYS 7
#define MAX_DAYS 366

/* Returns when an invitation expires.  sent: NULL for the default. */
static TimestampTz
check_expiry(const TimestampTz *sent)
{
	TimestampTz now = GetCurrentTimestamp();

	if (sent == NULL)
		return now + DEFAULT_DAYS * USECS_PER_DAY;
	if (*sent <= now)
		argument_invalid("expires_on", "It is in the past.", NULL);
	if (*sent > now + MAX_DAYS * USECS_PER_DAY)
		argument_invalid("expires_on", psprintf("It is more than %d days in the future.", MAX_DAYS), NULL);
	return *sent;
}

/*
 * Creates an invitation and returns it with its token.  email: NULL for whoever has the
 * token; role: admin or member; expires_on: NULL for the default.  Raises 22023, PT403,
 * PT409.
 */
Datum
api_invite_member(text *email, text *role, const TimestampTz *expires_on)
{
	NewInvitation invitation = {.email = {.isnull = true}};
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	if (email != NULL)
		invitation.email = (NullableDatum) {.value = argument_check_email(email)};
	invitation.role = argument_check_role(role);
	invitation.expires_on = check_expiry(expires_on);
	organization_lock(&call.identity.org_id);
	invitation_create(&out, &call.identity, &invitation);
	api_end_write(&call);
	return json_write_end(&out);
}

/*
 * tc_invite_member(email text, role text, expires_on timestamptz) returns json
 */
Datum
tc_invite_member(PG_FUNCTION_ARGS)
{
	TimestampTz expires_on = PG_ARGISNULL(2) ? 0 : PG_GETARG_TIMESTAMPTZ(2);

	FORWARD_CALL();
	return api_invite_member(ARGUMENT_TEXT_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1),
							 PG_ARGISNULL(2) ? NULL : &expires_on);
}

/*
 * Returns the open invitations, without their tokens.  Raises PT403.
 */
Datum
api_list_invitations(void)
{
	ApiCall		call;
	JsonWriter	out;

	json_write_begin(&out);
	api_begin_admin(&call);
	invitation_list(&out, &call.identity.org_id);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_list_invitations() returns json
 */
Datum
tc_list_invitations(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_list_invitations();
}

/*
 * Deletes an open invitation.  Raises 22023, PT403, PT404.
 */
void
api_revoke_invitation(const pg_uuid_t *pk)
{
	ApiCall		call;

	api_begin_admin(&call);
	argument_require(pk, "pk");
	if (!invitation_revoke(&call.identity.org_id, pk))
		argument_not_found(NOUN_INVITATION);
	api_end_write(&call);
}

/*
 * tc_revoke_invitation(pk uuid) returns void
 */
Datum
tc_revoke_invitation(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	api_revoke_invitation(ARGUMENT_UUID_OR_NULL(0));
	PG_RETURN_VOID();
}

static void
take_role(void *state, Datum line)
{
	*(text **) state = DatumGetTextPCopy(line);
}

/* Marks an invitation as accepted; returns the role, or NULL if it cannot be accepted. */
static text *
take_invitation(const InvitationKey *key, const pg_uuid_t *user_id)
{
	StepArgs	args = {.subject = user_id, .other = &key->id, .note = {.value = key->hash}};
	text	   *role = NULL;
	ExportSink	sink = {take_role, &role};

	step_run_for(&key->org_id, "take_invitation", &args, &sink);
	return role;
}

static bool
accept_invitation(JsonWriter *out, const Identity *identity, text *token)
{
	InvitationKey key;
	text	   *role;

	if (!invitation_read(&key, identity, VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token)))
		return false;
	role = take_invitation(&key, &identity->user_id);
	if (role == NULL)
		return false;
	invitation_join(out, &key.org_id, &identity->user_id, PointerGetDatum(role));
	return true;
}

/*
 * Makes the caller a member of the organization that the token invites to, and returns the
 * organization.  Needs no organization.  Raises 22023, PT401, PT409, and PT404 whatever is
 * wrong with the invitation.
 */
Datum
api_accept_invitation(text *token)
{
	ErrorContextCallback secret;
	ApiCall		call;
	JsonWriter	out;

	log_redact_begin(&secret);
	json_write_begin(&out);
	api_begin_user(&call);
	argument_require(token, "token");
	if (!accept_invitation(&out, &call.identity, token))
		argument_not_found(NOUN_INVITATION);
	api_end(&call);
	log_redact_end(&secret);
	return json_write_end(&out);
}

/*
 * tc_accept_invitation(token text) returns json
 */
Datum
tc_accept_invitation(PG_FUNCTION_ARGS)
{
	return api_accept_invitation(ARGUMENT_TEXT_OR_NULL(0));
}
