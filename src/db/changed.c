/*
 * changed.c
 *		What an UPDATE changes, for triggers.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "db/changed.h"

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

	if (old_null || new_null)
		return old_null != new_null;
	if (attribute->attlen == -1 && is_same_kept_apart(old_value, new_value))
		return false;
	return !datum_image_eq(old_value, new_value, attribute->attbyval, attribute->attlen);
}
