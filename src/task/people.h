/*
 * people.h
 *		The people and teams around a task, as JSON.
 */
#ifndef TASKCRM_PEOPLE_H
#define TASKCRM_PEOPLE_H

#include "db/row.h"
#include "identity/identity.h"
#include "wire/json_out.h"

extern const RowSchema user_schema;
extern const RowSchema team_schema;

extern void people_write_user(JsonOut *out, uint64 row);
extern void people_write_assignees(JsonOut *out, const Identity *identity, const pg_uuid_t *task_id);
extern void people_write_teams(JsonOut *out, const Identity *identity, const pg_uuid_t *task_id);
extern void people_write_mentionable(JsonOut *out, const Identity *identity);

#endif
