/*
 * task_input.h
 *		Reads the data that a caller sends to create or update a task.
 */
#ifndef TASKCRM_TASK_INPUT_H
#define TASKCRM_TASK_INPUT_H

#include "utils/jsonb.h"

#include "base/uuid.h"
#include "task/task_fields.h"
#include "task/task_version.h"

typedef struct TaskInput
{
	bool		sent[TASK_FIELDS];
	bool		isnull[TASK_FIELDS];
	Datum		values[TASK_FIELDS];	/* text, date, timestamptz or uuid */
	int			nlinks[TASK_LINKS];
	pg_uuid_t  *links[TASK_LINKS];	/* each once, in order */
	int64		version;		/* if sent[TASK_VERSION] */
	const TaskConditions *conditions;	/* on the task's version; NULL for none */
	JsonbContainer *attachments;	/* an array, or NULL */
} TaskInput;

typedef enum TaskInputUse
{
	TASK_INPUT_CREATE,
	TASK_INPUT_UPDATE
} TaskInputUse;

extern void task_input_read(TaskInput *data, JsonbContainer *json, const char *object, TaskInputUse use);

#endif
