/*
 * task_input.h
 *		Reads the data that a caller sends to create or update a task.
 */
#ifndef TASKCRM_TASK_INPUT_H
#define TASKCRM_TASK_INPUT_H

#include "utils/jsonb.h"

#include "base/id_set.h"
#include "task/task_fields.h"
#include "task/task_version.h"

typedef struct TaskInput
{
	bool		sent[TASK_MAX_FIELDS];
	bool		isnull[TASK_MAX_FIELDS];
	Datum		values[TASK_MAX_FIELDS];	/* of task_field_type() */
	IdSet		links[TASK_LINKS];	/* the whole set, or those to add */
	IdSet		removed[TASK_LINKS];	/* those to remove */
	bool		is_partial[TASK_LINKS]; /* add and remove instead of the whole set */
	const char *argument;		/* with the links, if there is no object with keys */
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
