/*
 * id_set.c
 *		Sets of uuids.
 */
#include "postgres.h"

#include "base/id_set.h"

static int
compare_ids(const void *a, const void *b)
{
	return tc_uuid_compare(a, b);
}

/*
 * Makes a set.  ids: count ids in any order, with or without duplicates; the set keeps
 * and changes this array.
 */
void
id_set_make(IdSet *set, pg_uuid_t *ids, int count)
{
	int			distinct = 0;

	qsort(ids, count, sizeof(pg_uuid_t), compare_ids);
	for (int i = 0; i < count; i++)
	{
		if (i == 0 || tc_uuid_compare(&ids[i], &ids[i - 1]) != 0)
			ids[distinct++] = ids[i];
	}
	set->ids = ids;
	set->count = distinct;
}

/* Returns the position of an id in the set, or -1. */
int
id_set_position(const IdSet *set, const pg_uuid_t *id)
{
	const pg_uuid_t *found = NULL;

	if (set->count > 0)
		found = bsearch(id, set->ids, set->count, sizeof(pg_uuid_t), compare_ids);
	return found == NULL ? -1 : (int) (found - set->ids);
}

/* Returns the ids in `of` that are not in `in`, as uuid[]. */
ArrayType *
id_set_difference(const IdSet *of, const IdSet *in)
{
	Datum	   *ids = palloc(sizeof(Datum) * (of->count + 1));
	int			count = 0;

	for (int i = 0; i < of->count; i++)
	{
		if (id_set_position(in, &of->ids[i]) < 0)
			ids[count++] = UUIDPGetDatum(&of->ids[i]);
	}
	return tc_uuid_array(ids, count);
}

/* Returns an id that is in both sets, or NULL. */
const pg_uuid_t *
id_set_common(const IdSet *a, const IdSet *b)
{
	for (int i = 0; i < a->count; i++)
	{
		if (id_set_position(b, &a->ids[i]) >= 0)
			return &a->ids[i];
	}
	return NULL;
}
