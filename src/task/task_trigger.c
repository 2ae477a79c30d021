/*
 * task_trigger.c
 *		Trigger functions of the tables: rules that apply to direct DML as well as to
 *		the API.
 *
 * They run as the role that runs the statement.  Their own queries run as the owner of
 * the tables, with every operator qualified.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/int.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "db/changed_column.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/trigger_row.h"
#include "task/client_row.h"
#include "task/task_bin.h"
#include "task/task_completed.h"
#include "task/task_link_trigger.h"
#include "task/task_refs.h"

PG_FUNCTION_INFO_V1(tc_refuse_change);
PG_FUNCTION_INFO_V1(tc_task_touch);
PG_FUNCTION_INFO_V1(tc_comment_touch);
PG_FUNCTION_INFO_V1(tc_link_created_on);
PG_FUNCTION_INFO_V1(tc_assignee_active);

/*
 * Locks the task as well: the link raises its version, and every change of a task's links
 * locks the task first.
 */
static KeptPlan created_on_plan = BOOKKEEPING_PLAN(
	"SELECT t.created_on FROM taskcrm.task t"
	" WHERE t.org_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

static KeptPlan active_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.member m"
	" WHERE m.org_id OPERATOR(pg_catalog.=) $1 AND m.user_id OPERATOR(pg_catalog.=) $2 AND m.is_active",
	2, UUIDOID, UUIDOID);

/*
 * Returns the trigger's data; raises an error unless it is a row-level BEFORE trigger of
 * this event, or of both.
 */
static TriggerData *
get_trigger(FunctionCallInfo fcinfo, const char *function, bool for_insert, bool for_update)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!((for_insert && TRIGGER_FIRED_BY_INSERT(data->tg_event)) ||
		  (for_update && TRIGGER_FIRED_BY_UPDATE(data->tg_event))))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger before %s for each row",
						function, !for_update ? "INSERT" : for_insert ? "INSERT or UPDATE" : "UPDATE")));
	return data;
}

/*
 * refuse_change() returns trigger
 *
 * Fires before UPDATE of the columns that are its arguments.  Raises 42501 if one
 * changes, unless a file is moved into the bin or out of it.
 */
Datum
tc_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *data = get_trigger(fcinfo, "refuse_change", false, true);

	for (int i = 0; i < data->tg_trigger->tgnargs; i++)
	{
		const char *name = data->tg_trigger->tgargs[i];

		if (changed_column(data, name) && !task_bin_moves(data, name))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("column \"%s\" of table \"%s\" cannot be changed",
							name, RelationGetRelationName(data->tg_relation))));
	}
	return PointerGetDatum(data->tg_newtuple);
}

/*
 * task_touch() returns trigger
 *
 * Fires before UPDATE of a task.  If the task changes, sets updated_on, increments version,
 * and sets or clears completed_on and completed_by.
 */
Datum
tc_task_touch(PG_FUNCTION_ARGS)
{
	TriggerData *data = get_trigger(fcinfo, "task_touch", false, true);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			columns[2];
	Datum		values[2];
	bool		nulls[2] = {false, false};
	int32		version;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	HeapTuple	row;

	/*
	 * Not a WHEN condition of the trigger: one on the whole row fails with generated
	 * columns.
	 */
	if (!changed_row(data))
		return PointerGetDatum(data->tg_newtuple);
	columns[0] = trigger_row_column(data->tg_relation, "updated_on", TIMESTAMPTZOID);
	columns[1] = trigger_row_column(data->tg_relation, "version", INT4OID);
	version = DatumGetInt32(trigger_row_value(data->tg_relation, data->tg_trigtuple, "version", INT4OID));
	if (pg_add_s32_overflow(version, 1, &version))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the task has been changed too many times")));
	values[0] = TimestampTzGetDatum(now);
	values[1] = Int32GetDatum(version);
	row = heap_modify_tuple_by_cols(data->tg_newtuple, desc, 2, columns, values, nulls);
	return PointerGetDatum(task_completed_row(data->tg_relation, row, now));
}

/*
 * comment_touch() returns trigger
 *
 * Fires before UPDATE of a comment's text.  Sets edited_on.
 */
Datum
tc_comment_touch(PG_FUNCTION_ARGS)
{
	TriggerData *data = get_trigger(fcinfo, "comment_touch", false, true);
	int			column = trigger_row_column(data->tg_relation, "edited_on", TIMESTAMPTZOID);
	Datum		value = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	bool		isnull = false;

	return PointerGetDatum(heap_modify_tuple_by_cols(data->tg_newtuple, RelationGetDescr(data->tg_relation),
													 1, &column, &value, &isnull));
}

/*
 * Looks up the row that a new link refers to, by organization and id.  Returns its first
 * column, which must not be NULL, if there is one, in the caller's memory.  Raises 23503
 * if there is no such row; the error is the same if the row belongs to another
 * organization.
 */
static Datum
look_up_assignee(KeptPlan *plan, const Datum *key, const char *column, int field)
{
	OwnerSwitch saved;
	Datum		value = (Datum) 0;
	bool		isnull;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run(plan, key, NULL, false);
	if (SPI_processed == 0)
		task_refs_raise(column, NULL, field, DatumGetUUIDP(key[1]));
	if (SPI_tuptable->tupdesc->natts > 0)
	{
		Form_pg_attribute attribute = TupleDescAttr(SPI_tuptable->tupdesc, 0);

		value = SPI_datumTransfer(plan_value(0, 1, &isnull), attribute->attbyval, attribute->attlen);
	}
	SPI_finish();
	owner_leave(&saved);
	return value;
}

/*
 * Gets the organization and one reference of a link that is written.  Returns false if one
 * is NULL, or if a client sends the organization of others: the constraints or the policies
 * reject such a row, and nothing is looked up for it.
 */
static bool
get_key(TriggerData *data, const char *column, Datum *key)
{
	HeapTuple	row = trigger_row_new(data);
	bool		no_org;
	bool		no_reference;

	key[0] = trigger_row_nullable(data->tg_relation, row, "org_id", UUIDOID, &no_org);
	key[1] = trigger_row_nullable(data->tg_relation, row, column, UUIDOID, &no_reference);
	return !no_org && !no_reference &&
		(!client_row_is_bound(data->tg_relation) || client_row_is_own(data));
}

/*
 * link_created_on() returns trigger
 *
 * Fires before INSERT of a link without created_on.  Copies it from the task.
 */
Datum
tc_link_created_on(PG_FUNCTION_ARGS)
{
	TriggerData *data = get_trigger(fcinfo, "link_created_on", true, false);
	int			column = trigger_row_column(data->tg_relation, "created_on", TIMESTAMPTZOID);
	Datum		key[2];
	bool		isnull = false;
	Datum		created_on;

	if (!get_key(data, "task_id", key))
		return PointerGetDatum(data->tg_trigtuple);
	link_trigger_note_direct();
	created_on = look_up_assignee(&created_on_plan, key, "task_id", TASK_ID);
	return PointerGetDatum(heap_modify_tuple_by_cols(data->tg_trigtuple, RelationGetDescr(data->tg_relation),
													 1, &column, &created_on, &isnull));
}

/*
 * assignee_active() returns trigger
 *
 * Fires before INSERT of an assignee, and before UPDATE to another one.  Raises 23503
 * unless it is an active member.
 */
Datum
tc_assignee_active(PG_FUNCTION_ARGS)
{
	TriggerData *data = get_trigger(fcinfo, "assignee_active", true, true);
	Datum		key[2];

	if (get_key(data, "user_id", key))
		(void) look_up_assignee(&active_plan, key, "user_id", TASK_ASSIGNED_TO);
	return PointerGetDatum(trigger_row_new(data));
}
