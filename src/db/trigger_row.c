/*
 * trigger_row.c
 *		Columns of the rows that triggers fire for.
 *
 * Users may alter the tables: a column may have another name or type than tc_install()
 * gave it, and a value that is never NULL may be NULL.  A trigger function then raises an
 * error that names the column, rather than take one value for another.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "db/trigger_row.h"

tc_noreturn static void
raise_null(Relation relation, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("column \"%s\" of table \"%s\" is null", name, RelationGetRelationName(relation))));
}

/* The row that an INSERT or UPDATE writes.  data: of a row-level trigger. */
HeapTuple
trigger_row_new(const TriggerData *data)
{
	return TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
}

/*
 * The number of a column.  relation: the trigger's table; type: what the column must have,
 * or InvalidOid for any.  Raises 42703 if there is no such column and 42804 if it has
 * another type.
 */
int
trigger_row_column(Relation relation, const char *name, Oid type)
{
	int			number = SPI_fnumber(RelationGetDescr(relation), name);

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist", name, RelationGetRelationName(relation)),
				 errhint("Rename the column back to the name that tc_install() gave it.")));
	if (OidIsValid(type) && SPI_gettypeid(RelationGetDescr(relation), number) != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is not of type %s",
						name, RelationGetRelationName(relation), format_type_be(type))));
	return number;
}

/*
 * The value of a column, which may be NULL.  row: of the table.  The value points into the
 * row.  Raises what trigger_row_column() raises.
 */
Datum
trigger_row_nullable(Relation relation, HeapTuple row, const char *name, Oid type, bool *isnull)
{
	return heap_getattr(row, trigger_row_column(relation, name, type), RelationGetDescr(relation), isnull);
}

/* Like trigger_row_nullable, and raises 23502 if the value is NULL. */
Datum
trigger_row_value(Relation relation, HeapTuple row, const char *name, Oid type)
{
	bool		isnull;
	Datum		value = trigger_row_nullable(relation, row, name, type, &isnull);

	if (isnull)
		raise_null(relation, name);
	return value;
}

/*
 * The value of a column of a row in a transition table.  column: as trigger_row_column()
 * returns it.  The value points into the slot.  Raises 23502 if it is NULL.
 */
Datum
trigger_row_slot_value(Relation relation, TupleTableSlot *slot, int column)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, column, &isnull);

	if (isnull)
		raise_null(relation, NameStr(TupleDescAttr(RelationGetDescr(relation), column - 1)->attname));
	return value;
}
