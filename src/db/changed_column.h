/*
 * changed_column.h
 *		What an UPDATE changes, for triggers.
 */
#ifndef TASKCRM_CHANGED_COLUMN_H
#define TASKCRM_CHANGED_COLUMN_H

#include "catalog/pg_attribute.h"
#include "commands/trigger.h"

extern bool changed_value(Form_pg_attribute attribute, Datum old_value, bool old_null, Datum new_value, bool new_null);
extern bool changed_column(const TriggerData *data, const char *name);
extern bool changed_row(const TriggerData *data);

#endif
