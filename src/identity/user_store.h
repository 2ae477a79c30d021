/*
 * user_store.h
 *		Stores users and their memberships.
 */
#ifndef TASKCRM_USER_STORE_H
#define TASKCRM_USER_STORE_H

#include "base/uuid.h"
#include "wire/json_write.h"

/* A user as stored. */
typedef struct StoredUser
{
	pg_uuid_t	id;
	char	   *email;
	char	   *name;
	char	   *external_id;	/* NULL for none */
	bool		is_active;
} StoredUser;

/* What identifies a user. */
typedef enum UserKey
{
	USER_BY_ID,					/* uuid */
	USER_BY_EMAIL,				/* text, in any case */
	USER_BY_EXTERNAL_ID			/* text */
} UserKey;

/* A user to create, checked.  Texts, except id. */
typedef struct NewUser
{
	NullableDatum id;			/* NULL to make one */
	Datum		email;
	NullableDatum name;
	NullableDatum external_id;
} NewUser;

/* What to change in a user, checked.  Texts. */
typedef struct UserChange
{
	bool		sets_email;
	bool		sets_name;
	bool		sets_external_id;
	NullableDatum email;		/* not NULL if it is set */
	NullableDatum name;			/* NULL for an empty one */
	NullableDatum external_id;	/* NULL for none */
} UserChange;

extern bool user_find(UserKey kind, Datum key, StoredUser *user);
extern bool user_find_newest(UserKey kind, Datum key, StoredUser *user);
extern bool user_lock(const pg_uuid_t *id, StoredUser *user);
extern bool user_insert(pg_uuid_t *created, const NewUser *user);
extern void user_create(pg_uuid_t *created, const NewUser *user, bool may_exist);
extern bool user_update(const pg_uuid_t *id, const UserChange *change, StoredUser *user);
extern bool user_set_active(const pg_uuid_t *id, bool is_active);
tc_noreturn extern void user_raise_conflict(const NewUser *user);
extern void user_write_members(JsonWriter *out, const StoredUser *user);
extern void user_rename(const pg_uuid_t *id, Datum name);
extern bool member_role_is_valid(const char *role);
extern void member_add(const pg_uuid_t *org_id, const pg_uuid_t *user_id, Datum role);

#endif
