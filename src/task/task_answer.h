/*
 * task_answer.h
 *		A task with its related data, as JSON.
 */
#ifndef TASKCRM_TASK_ANSWER_H
#define TASKCRM_TASK_ANSWER_H

#include "identity/identity.h"
#include "task/task_version.h"
#include "wire/json_write.h"

extern bool task_answer_write(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, uint32 expand,
							  TaskMark *mark);
extern bool task_answer_write_members(JsonWriter *out, const Identity *identity, const pg_uuid_t *id);

#endif
