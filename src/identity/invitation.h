/*
 * invitation.h
 *		Invitations to an organization.
 */
#ifndef TASKCRM_INVITATION_H
#define TASKCRM_INVITATION_H

#include "utils/timestamp.h"

#include "db/row.h"
#include "identity/identity.h"

/* An invitation as JSON, without its token. */
extern const RowSchema invitation_schema;

/* An organization that the caller has become a member of: id, name, role. */
extern const RowSchema membership_schema;

typedef struct NewInvitation
{
	NullableDatum email;		/* text, checked; NULL: for whoever has the token */
	Datum		role;			/* text, checked */
	TimestampTz expires_on;
} NewInvitation;

/* What a token says; the secret only as a hash. */
typedef struct InvitationKey
{
	pg_uuid_t	org_id;
	pg_uuid_t	id;
	Datum		hash;			/* bytea */
} InvitationKey;

extern void invitation_create(JsonWriter *out, const Identity *identity, const NewInvitation *invitation);
extern bool invitation_read(InvitationKey *key, const Identity *identity, const char *token, size_t length);
extern bool invitation_take(const InvitationKey *key, const pg_uuid_t *user_id, Datum *role);
extern void invitation_join(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role);
extern bool invitation_revoke(const pg_uuid_t *org_id, const pg_uuid_t *id);
extern void invitation_list(JsonWriter *out, const pg_uuid_t *org_id);

#endif
