/*
 * task_completed.h
 *		When and by whom a task was completed.
 */
#ifndef TASKCRM_TASK_COMPLETED_H
#define TASKCRM_TASK_COMPLETED_H

#include "access/htup.h"
#include "datatype/timestamp.h"
#include "utils/relcache.h"

extern HeapTuple task_completed_row(Relation relation, HeapTuple row, TimestampTz when);

#endif
