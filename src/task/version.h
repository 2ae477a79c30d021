/*
 * version.h
 *		The version of a task that a caller knows.
 */
#ifndef TASKCRM_VERSION_H
#define TASKCRM_VERSION_H

#include "base/compat.h"

/* The versions that a task may have for a change to be made. */
typedef struct TaskVersions
{
	int			count;
	int64	   *versions;
} TaskVersions;

extern bool version_is_among(const TaskVersions *versions, int64 version);
tc_noreturn extern void version_refuse(const char *message, int32 version);

#endif
