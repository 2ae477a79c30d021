/*
 * changed_column.c
 *		What an UPDATE changes, for triggers.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "db/changed_column.h"

/*
 * The number of a column.  type: what it must have, since its value is taken for one,
 * or InvalidOid for any.  Raises 42703 or 42804.
 */
int
changed_column_number(Relation relation, const char *name, Oid type)
{
	int			number = SPI_fnumber(RelationGetDescr(relation), name);

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist",
						name, RelationGetRelationName(relation))));
	if (OidIsValid(type) && SPI_gettypeid(RelationGetDescr(relation), number) != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is not of type %s",
						name, RelationGetRelationName(relation), format_type_be(type))));
	return number;
}

/*
 * Whether two values are the same long text, kept apart from its row.  An UPDATE of other
 * columns leaves it where it is, and nothing has to be read to see that.
 */
static bool
is_same_kept_apart(Datum a, Datum b)
{
	struct varlena *one = (struct varlena *) DatumGetPointer(a);
	struct varlena *other = (struct varlena *) DatumGetPointer(b);

	return VARATT_IS_EXTERNAL_ONDISK(one) && VARATT_IS_EXTERNAL_ONDISK(other) &&
		memcmp(one, other, VARSIZE_EXTERNAL(one)) == 0;
}

static bool
is_changed(Form_pg_attribute attribute, Datum old_value, bool old_null, Datum new_value, bool new_null)
{
	if (old_null || new_null)
		return old_null != new_null;
	if (attribute->attlen == -1 && is_same_kept_apart(old_value, new_value))
		return false;
	return !datum_image_eq(old_value, new_value, attribute->attbyval, attribute->attlen);
}

/*
 * Whether an UPDATE gives a column another value.  data: of a trigger for each row;
 * name: of the column.  Raises 42703 when there is none.
 */
bool
changed_column(const TriggerData *data, const char *name)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			column = changed_column_number(data->tg_relation, name, InvalidOid);
	Form_pg_attribute attribute = TupleDescAttr(desc, column - 1);
	bool		old_null;
	bool		new_null;
	Datum		old_value = heap_getattr(data->tg_trigtuple, column, desc, &old_null);
	Datum		new_value = heap_getattr(data->tg_newtuple, column, desc, &new_null);

	return is_changed(attribute, old_value, old_null, new_value, new_null);
}

/*
 * Whether an UPDATE gives any column another value.  data: of a trigger for each row.
 * Generated columns do not count: they are computed after the triggers before the
 * event, from columns that do.
 */
bool
changed_row(const TriggerData *data)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			count = desc->natts;
	Datum	   *values = palloc(sizeof(Datum) * count * 2);
	bool	   *nulls = palloc(sizeof(bool) * count * 2);

	heap_deform_tuple(data->tg_trigtuple, desc, values, nulls);
	heap_deform_tuple(data->tg_newtuple, desc, values + count, nulls + count);
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || attribute->attgenerated != '\0')
			continue;
		if (is_changed(attribute, values[i], nulls[i], values[count + i], nulls[count + i]))
			return true;
	}
	return false;
}

/*
 * The value of a column of a row that a trigger fires for.  name: of a column that is
 * never NULL; type: what its value is taken for.  Raises 42804 when it is no such column.
 */
Datum
changed_value(const TriggerData *data, HeapTuple row, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			column = SPI_fnumber(desc, name);
	bool		isnull = true;
	Datum		value = (Datum) 0;

	if (column > 0 && SPI_gettypeid(desc, column) == type)
		value = heap_getattr(row, column, desc, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is not what it was installed as",
						name, RelationGetRelationName(data->tg_relation))));
	return value;
}
