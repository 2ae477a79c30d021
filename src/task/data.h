/*
 * data.h
 *		What a caller sends to create or update a task.
 */
#ifndef TASKCRM_DATA_H
#define TASKCRM_DATA_H

#include "utils/jsonb.h"

#include "base/uuid.h"
#include "task/field.h"
#include "task/version.h"

typedef struct TaskData
{
	bool		sent[TASK_FIELDS];
	bool		isnull[TASK_FIELDS];
	Datum		values[TASK_FIELDS];	/* text, date, timestamptz or uuid */
	int			nlinks[TASK_LINKS];
	pg_uuid_t  *links[TASK_LINKS];	/* each once, in order */
	int64		version;		/* if sent[TASK_VERSION] */
	const TaskConditions *conditions;	/* on the task's version; NULL for none */
	JsonbContainer *attachments;	/* an array, or NULL */
} TaskData;

typedef enum TaskDataUse
{
	TASK_DATA_CREATE,
	TASK_DATA_UPDATE
} TaskDataUse;

extern void task_data_read(TaskData *data, JsonbContainer *json, const char *noun, TaskDataUse use);

#endif
