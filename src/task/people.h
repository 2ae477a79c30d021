/*
 * people.h
 *		The people and teams of a task, as JSON.
 */
#ifndef TASKCRM_PEOPLE_H
#define TASKCRM_PEOPLE_H

#include "db/row.h"
#include "identity/identity.h"
#include "wire/json_write.h"

extern const RowSchema user_schema;
extern const RowSchema team_schema;

extern void people_write_user(JsonWriter *out, uint64 row);
extern void people_write_assignees(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id);
extern void people_write_teams(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id);
extern void people_write_mentionable(JsonWriter *out, const Identity *identity);

#endif
