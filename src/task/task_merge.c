/*
 * task_merge.c
 *		What an update changes in a task.
 */
#include "postgres.h"

#include "base/id_set.h"
#include "task/task_merge.h"

/* Returns whether two values of a field are equal, or both NULL. */
bool
task_merge_is_same(int field, Datum old_value, bool old_null, Datum new_value, bool new_null)
{
	if (old_null || new_null)
		return old_null == new_null;
	return task_fields[field].type->equal(old_value, new_value);
}

/* Makes the set of a task's links of one kind. */
static void
set_of_links(IdSet *set, const TaskLinks *links, const pg_uuid_t *id, int kind)
{
	uint64		first = task_links_first(links, id, kind);

	set->count = 0;
	while (task_links_is(links, first + set->count, id, kind))
		set->count++;
	set->ids = palloc(sizeof(pg_uuid_t) * Max(set->count, 1));
	for (int i = 0; i < set->count; i++)
		set->ids[i] = links->links[first + i].target_id;
}

/* Makes the set that an update results in.  old: the links of that kind before it. */
static void
set_after(IdSet *set, const TaskInput *data, int kind, const IdSet *old)
{
	const IdSet *sent = &data->links[kind];

	if (!data->sent[task_links[kind]])
		*set = *old;
	else if (!data->is_partial[kind])
		*set = *sent;
	else
	{
		pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * (old->count + sent->count + 1));
		int			count = 0;

		for (int i = 0; i < old->count; i++)
		{
			if (id_set_position(&data->removed[kind], &old->ids[i]) < 0)
				ids[count++] = old->ids[i];
		}
		for (int i = 0; i < sent->count; i++)
			ids[count++] = sent->ids[i];
		id_set_make(set, ids, count);
	}
}

/* Returns the number of elements of an array. */
int
task_merge_count(const ArrayType *array)
{
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/*
 * Finds, for each kind of link, which ones the update of a task deletes and inserts, and
 * returns whether there are any.  before: sorted; after: the resulting links are added;
 * changes: TASK_LINKS of them are set.
 */
bool
task_merge_links(const TaskInput *data, const pg_uuid_t *id, const TaskLinks *before,
				 TaskLinks *after, LinkChange *changes)
{
	bool		changed = false;

	for (int kind = 0; kind < TASK_LINKS; kind++)
	{
		IdSet		old;
		IdSet		new;

		set_of_links(&old, before, id, kind);
		set_after(&new, data, kind, &old);
		changes[kind].gone = id_set_difference(&old, &new);
		changes[kind].added = id_set_difference(&new, &old);
		changed = changed || task_merge_count(changes[kind].gone) > 0 || task_merge_count(changes[kind].added) > 0;
		for (int i = 0; i < new.count; i++)
			task_links_add(after, id, kind, &new.ids[i]);
	}
	return changed;
}
