/*
 * user_sync.h
 *		Makes a user as the identity provider knows it.
 */
#ifndef TASKCRM_USER_SYNC_H
#define TASKCRM_USER_SYNC_H

#include "utils/jsonb.h"

#include "identity/external_id.h"
#include "wire/json_write.h"

/* What the provider says, checked except organizations. */
typedef struct UserSync
{
	NamedId		user;
	Datum		email;			/* text */
	NullableDatum name;			/* text; NULL to keep it */
	Jsonb	   *organizations;	/* NULL to keep the memberships */
	bool		email_is_verified;
} UserSync;

extern void user_sync(JsonWriter *out, const UserSync *sync);

#endif
