/*
 * directory.h
 *		Reads, creates and updates accounts, contacts and teams; who is in a team.
 */
#ifndef TASKCRM_DIRECTORY_H
#define TASKCRM_DIRECTORY_H

#include "utils/jsonb.h"

#include "base/uuid.h"
#include "task/directory_kind.h"
#include "wire/json_write.h"

/* What a caller sends, in the order of the kind's inputs, checked. */
typedef struct DirectoryData
{
	bool		sent[DIRECTORY_MAX_INPUTS];
	NullableDatum values[DIRECTORY_MAX_INPUTS];	/* text, or the id of an account */
} DirectoryData;

extern void directory_read_data(DirectoryData *data, DirectoryNoun noun, Jsonb *json, const pg_uuid_t *id);
extern bool directory_get(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *id);
extern void directory_create(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const DirectoryData *data);
extern bool directory_update(JsonWriter *out, const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *id,
							 const DirectoryData *data);
extern bool directory_exists(const pg_uuid_t *org_id, DirectoryNoun noun, const pg_uuid_t *pk);
extern bool directory_add_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user,
									  const char *argument);
extern bool directory_remove_team_member(const pg_uuid_t *org_id, const pg_uuid_t *team, const pg_uuid_t *user);

#endif
