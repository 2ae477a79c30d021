/*
 * directory.h
 *		Accounts, contacts, teams, and who is in a team.
 */
#ifndef TASKCRM_DIRECTORY_H
#define TASKCRM_DIRECTORY_H

#include "base/uuid.h"
#include "wire/json_write.h"

/* Rows with only a name of their own. */
typedef enum NamedKind
{
	NAMED_ACCOUNT,
	NAMED_TEAM
} NamedKind;

/* A contact to create: texts and an id, checked. */
typedef struct NewContact
{
	Datum		first_name;
	NullableDatum last_name;
	NullableDatum email;
	NullableDatum account;
} NewContact;

extern const char *directory_named_table(NamedKind kind);
extern void directory_create_named(JsonWriter *out, const pg_uuid_t *org_id, NamedKind kind, Datum name);
extern bool directory_rename_named(JsonWriter *out, const pg_uuid_t *org_id, NamedKind kind,
								   const pg_uuid_t *id, Datum name);
extern void directory_create_contact(JsonWriter *out, const pg_uuid_t *org_id, const NewContact *contact);
extern bool directory_rename_contact(JsonWriter *out, const pg_uuid_t *org_id, const pg_uuid_t *id,
									 Datum first_name, NullableDatum last_name);
extern bool directory_add_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user);
extern bool directory_remove_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user);

#endif
