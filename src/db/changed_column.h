/*
 * changed_column.h
 *		What an UPDATE changes, for triggers.
 */
#ifndef TASKCRM_CHANGED_COLUMN_H
#define TASKCRM_CHANGED_COLUMN_H

#include "commands/trigger.h"

extern bool changed_column(const TriggerData *data, const char *name);
extern bool changed_row(const TriggerData *data);

#endif
