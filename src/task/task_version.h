/*
 * task_version.h
 *		The version of a task that a caller expects.
 */
#ifndef TASKCRM_TASK_VERSION_H
#define TASKCRM_TASK_VERSION_H

#include "executor/spi.h"

#include "base/compat.h"
#include "base/uuid.h"

/* A set of versions, or any. */
typedef struct TaskVersions
{
	bool		any;
	int			count;
	int64	   *versions;
} TaskVersions;

/* The conditions on a task's version for a change to be made. */
typedef struct TaskConditions
{
	TaskVersions match;			/* it is one of these */
	TaskVersions none_match;	/* and none of these */
} TaskConditions;

/* The task that was written or read, and its version. */
typedef struct TaskMark
{
	pg_uuid_t	id;
	int32		version;
} TaskMark;

extern void task_version_mark(TaskMark *mark, HeapTuple row, TupleDesc desc);
extern void task_version_check(const TaskConditions *conditions, int32 version);
tc_noreturn extern void task_version_refuse(const char *message, int32 version);

#endif
