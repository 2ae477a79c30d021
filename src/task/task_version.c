/*
 * task_version.c
 *		The version of a task: the present one, and the one that a caller expects.
 *
 * A caller who sends the version does not overwrite changes that others have made in the
 * meantime.
 */
#include "postgres.h"

#include "base/sqlstate.h"
#include "task/task_fields.h"
#include "task/task_version.h"

/* Records which task a row is.  desc: of task_field_select_list(); mark: may be NULL. */
void
task_version_mark(TaskMark *mark, HeapTuple row, TupleDesc desc)
{
	bool		isnull;

	if (mark == NULL)
		return;
	mark->id = *DatumGetUUIDP(SPI_getbinval(row, desc, task_field_column(TASK_ID), &isnull));
	mark->version = DatumGetInt32(SPI_getbinval(row, desc, task_field_column(TASK_VERSION), &isnull));
}

static bool
is_among(const TaskVersions *versions, int64 version)
{
	if (versions->any)
		return true;
	for (int i = 0; i < versions->count; i++)
	{
		if (versions->versions[i] == version)
			return true;
	}
	return false;
}

/* Raises PT412 if a condition does not hold.  conditions: NULL for none. */
void
task_version_check(const TaskConditions *conditions, int32 version)
{
	if (conditions == NULL)
		return;
	if (!is_among(&conditions->match, version))
		task_version_refuse("the task has a different version", version);
	if (conditions->none_match.any)
		task_version_refuse("the task exists", version);
	if (is_among(&conditions->none_match, version))
		task_version_refuse("the task still has this version", version);
}

/* Raises PT412.  message: what was expected; version: the task's version. */
void
task_version_refuse(const char *message, int32 version)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_PRECONDITION_FAILED),
			 errmsg("%s", message),
			 errdetail("The current version is %d.", version),
			 errhint("Get the task again, and apply the changes to it.")));
}
