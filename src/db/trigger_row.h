/*
 * trigger_row.h
 *		Columns of the rows that triggers fire for.
 */
#ifndef TASKCRM_TRIGGER_ROW_H
#define TASKCRM_TRIGGER_ROW_H

#include "access/htup.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"

extern HeapTuple trigger_row_new(const TriggerData *data);
extern int	trigger_row_column(Relation relation, const char *name, Oid type);
extern Datum trigger_row_value(Relation relation, HeapTuple row, const char *name, Oid type);
extern Datum trigger_row_nullable(Relation relation, HeapTuple row, const char *name, Oid type, bool *isnull);
extern Datum trigger_row_slot_value(Relation relation, TupleTableSlot *slot, int column);

#endif
