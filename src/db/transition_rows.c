/*
 * transition_rows.c
 *		Reads the rows of a statement that triggers get as transition tables.
 *
 * An UPDATE puts the old and the new version of each row at the same place of its two tables.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "db/transition_rows.h"

/*
 * Begins to read a transition table.  relation: the trigger's table; store: of the
 * trigger's data, NULL if the event has none.  Other triggers read the same rows, each with
 * a read pointer of its own.
 */
void
transition_rows_begin(TransitionRows *rows, Relation relation, Tuplestorestate *store)
{
	rows->store = store;
	rows->slot = NULL;
	if (store == NULL)
		return;
	rows->pointer = tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(store, rows->pointer);
	tuplestore_rescan(store);
	rows->slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsMinimalTuple);
}

/* Returns the next row, valid until the next call, or NULL at the end.  Can be cancelled. */
TupleTableSlot *
transition_rows_next(TransitionRows *rows)
{
	CHECK_FOR_INTERRUPTS();
	if (rows->store == NULL)
		return NULL;
	tuplestore_select_read_pointer(rows->store, rows->pointer);
	return tuplestore_gettupleslot(rows->store, true, false, rows->slot) ? rows->slot : NULL;
}

/* Ends it. */
void
transition_rows_end(TransitionRows *rows)
{
	if (rows->slot != NULL)
		ExecDropSingleTupleTableSlot(rows->slot);
}
