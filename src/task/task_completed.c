/*
 * task_completed.c
 *		Keeps completed_on and completed_by of a task in agreement with its status.
 *
 * A task that is completed has both, one that is not has neither.  The rule depends on the
 * new row only, so that it holds for every writer, and an administrator who loads old tasks
 * can give the time.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "db/trigger_row.h"
#include "identity/identity.h"
#include "task/task_completed.h"

PG_FUNCTION_INFO_V1(tc_task_completed);

static bool
has_status_completed(Relation relation, HeapTuple row)
{
	int			column = trigger_row_column(relation, "status", InvalidOid);
	Oid			type = SPI_gettypeid(RelationGetDescr(relation), column);
	Oid			label = GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid,
										ObjectIdGetDatum(type), CStringGetDatum("Completed"));
	bool		isnull;
	Datum		value = heap_getattr(row, column, RelationGetDescr(relation), &isnull);

	return !isnull && OidIsValid(label) && DatumGetObjectId(value) == label;
}

/*
 * Sets or clears completed_on and completed_by as the status requires.
 *
 * relation: taskcrm.task; row: the new row.  when: the time at which a task without
 * completed_on was completed.  The user is the current one, or NULL if there is none.
 * Returns the row, or a changed copy of it.
 */
HeapTuple
task_completed_row(Relation relation, HeapTuple row, TimestampTz when)
{
	TupleDesc	desc = RelationGetDescr(relation);
	int			columns[2];
	Datum		values[2] = {0, 0};
	bool		nulls[2];
	bool		is_completed = has_status_completed(relation, row);

	columns[0] = trigger_row_column(relation, "completed_on", TIMESTAMPTZOID);
	columns[1] = trigger_row_column(relation, "completed_by", UUIDOID);
	for (int i = 0; i < 2; i++)
		values[i] = heap_getattr(row, columns[i], desc, &nulls[i]);

	if (is_completed ? !nulls[0] : nulls[0] && nulls[1])
		return row;
	if (is_completed)
	{
		const Identity *identity = identity_current();

		values[0] = TimestampTzGetDatum(when);
		nulls[0] = false;
		if (nulls[1] && identity->has_user)
		{
			values[1] = UUIDPGetDatum(&identity->user_id);
			nulls[1] = false;
		}
	}
	else
		nulls[0] = nulls[1] = true;
	return heap_modify_tuple_by_cols(row, desc, 2, columns, values, nulls);
}

/*
 * task_completed() returns trigger
 *
 * Fires before INSERT of a task.  A completed task without completed_on was completed when
 * it was last changed: now, unless an administrator loads it with its times.
 */
Datum
tc_task_completed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Datum		updated_on;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger before %s for each row",
						"task_completed", "INSERT")));
	updated_on = trigger_row_value(data->tg_relation, data->tg_trigtuple, "updated_on", TIMESTAMPTZOID);
	return PointerGetDatum(task_completed_row(data->tg_relation, data->tg_trigtuple,
											  DatumGetTimestampTz(updated_on)));
}
