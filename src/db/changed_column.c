/*
 * changed_column.c
 *		Finds out, for triggers, which columns an UPDATE changes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "db/changed_column.h"
#include "db/trigger_row.h"

/*
 * Returns whether two values are the same out-of-line TOAST value.  An UPDATE that does
 * not touch the column keeps the pointer, so the comparison reads no text.
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
 * Returns whether two values of a column differ.  old_null, new_null: whether they are NULL.
 */
bool
changed_value(Form_pg_attribute attribute, Datum old_value, bool old_null, Datum new_value, bool new_null)
{
	if (old_null || new_null)
		return old_null != new_null;
	if (attribute->attlen == -1 && is_same_kept_apart(old_value, new_value))
		return false;
	return !datum_image_eq(old_value, new_value, attribute->attbyval, attribute->attlen);
}

/*
 * Returns whether an UPDATE gives a column another value.  data: of a row-level trigger;
 * name: the column's name.  Raises 42703 if there is no such column.
 */
bool
changed_column(const TriggerData *data, const char *name)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			column = trigger_row_column(data->tg_relation, name, InvalidOid);
	Form_pg_attribute attribute = TupleDescAttr(desc, column - 1);
	bool		old_null;
	bool		new_null;
	Datum		old_value = heap_getattr(data->tg_trigtuple, column, desc, &old_null);
	Datum		new_value = heap_getattr(data->tg_newtuple, column, desc, &new_null);

	return changed_value(attribute, old_value, old_null, new_value, new_null);
}

/*
 * Returns whether an UPDATE gives any column another value.  data: of a row-level
 * trigger. Generated columns do not count: they are computed after the BEFORE triggers,
 * from columns that do count.
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
		if (changed_value(attribute, values[i], nulls[i], values[count + i], nulls[count + i]))
			return true;
	}
	return false;
}
