/*
 * version.c
 *		The version of a task that a caller knows.
 *
 * A caller who sends it changes nothing that somebody else has changed meanwhile.
 */
#include "postgres.h"

#include "base/error.h"
#include "task/version.h"

/* Whether a version is one of several.  versions: NULL for any.  Never raises. */
bool
version_is_among(const TaskVersions *versions, int64 version)
{
	if (versions == NULL)
		return true;
	for (int i = 0; i < versions->count; i++)
	{
		if (versions->versions[i] == version)
			return true;
	}
	return false;
}

/* Raises PT412.  message: what was expected; version: what the task has. */
void
version_refuse(const char *message, int32 version)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_PRECONDITION_FAILED),
			 errmsg("%s", message),
			 errdetail("Its version is %d.", version),
			 errhint("Get the task again, and apply the changes to it.")));
}
