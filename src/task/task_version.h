/*
 * task_version.h
 *		The version of a task that a caller expects.
 */
#ifndef TASKCRM_TASK_VERSION_H
#define TASKCRM_TASK_VERSION_H

#include "base/compat.h"

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

extern void task_version_check(const TaskConditions *conditions, int32 version);
tc_noreturn extern void task_version_refuse(const char *message, int32 version);

#endif
