/*
 * transition_rows.h
 *		Reads the rows of a statement that triggers get as transition tables.
 */
#ifndef TASKCRM_TRANSITION_ROWS_H
#define TASKCRM_TRANSITION_ROWS_H

#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/tuplestore.h"

/* A transition table that is being read. */
typedef struct TransitionRows
{
	Tuplestorestate *store;		/* NULL: the statement has no such rows */
	int			pointer;
	TupleTableSlot *slot;
} TransitionRows;

extern void transition_rows_begin(TransitionRows *rows, Relation relation, Tuplestorestate *store);
extern TupleTableSlot *transition_rows_next(TransitionRows *rows);
extern void transition_rows_end(TransitionRows *rows);

#endif
