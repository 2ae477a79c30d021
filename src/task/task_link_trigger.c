/*
 * task_link_trigger.c
 *		Raises the version of a task when its links change.
 *
 * The JSON of a task includes its links, so a change of a link changes the task.  Each
 * statement raises the version of the task once, however many rows of however many link
 * tables it writes.  A statement that also writes the task, like those of the API, has
 * raised the version already; this is detected because the task's row was written by the
 * same command as the link, or by a later one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/uuid.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/trigger_row.h"
#include "task/task_link_trigger.h"

PG_FUNCTION_INFO_V1(tc_link_changed);

/*
 * $1 organization, $2 task.  Takes the same lock as every change of a task.  The row may
 * be in a table that inherits from task.
 */
static KeptPlan hold_plan = BOOKKEEPING_PLAN(
	"SELECT t.tableoid, t.ctid FROM taskcrm.task t"
	" WHERE t.org_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE",
	2, UUIDOID, UUIDOID);

/* $3 now. */
static KeptPlan raise_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.task AS t SET updated_on = $3, version = t.version OPERATOR(pg_catalog.+) 1"
	" WHERE t.org_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2",
	3, UUIDOID, UUIDOID, TIMESTAMPTZOID);

/* A command of a transaction in this session. */
typedef struct Command
{
	LocalTransactionId transaction;
	CommandId	id;
} Command;

/* The last command during which a link arrived without created_on. */
static Command last_direct;

/* The last task that was checked here, and for which command. */
static struct
{
	Command		command;
	pg_uuid_t	org_id;
	pg_uuid_t	task_id;
} last_raised;

/* The organization that is being deleted, or NULL. */
static const pg_uuid_t *going = NULL;

/*
 * Records that a link is being inserted by neither the API nor the load of a dump: both
 * give created_on.  For triggers before INSERT of links.
 */
void
link_trigger_note_direct(void)
{
	last_direct.transaction = tc_proc_lxid(MyProc);
	last_direct.id = GetCurrentCommandId(false);
}

/*
 * Lets the links of an organization be deleted without raising the versions of their
 * tasks, which are deleted too.  org_id: must stay valid until the function is called
 * again with NULL, also after an error.
 */
void
link_trigger_let_go(const pg_uuid_t *org_id)
{
	going = org_id;
}

/* Returns whether an organization is being deleted. */
bool
link_trigger_is_going(const pg_uuid_t *org_id)
{
	return going != NULL && tc_uuid_compare(going, org_id) == 0;
}

/* Returns the command that wrote the row that the trigger fires for. */
static CommandId
get_command(const TriggerData *data)
{
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		return HeapTupleHeaderGetCmin(data->tg_trigtuple->t_data);
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		return HeapTupleHeaderGetCmin(data->tg_newtuple->t_data);
	return HeapTupleHeaderGetCmax(data->tg_trigtuple->t_data);
}

static pg_uuid_t *
get_uuid(const TriggerData *data, HeapTuple row, const char *name)
{
	return DatumGetUUIDP(trigger_row_value(data->tg_relation, row, name, UUIDOID));
}

/*
 * Returns whether the row changes the JSON of the task.  A link that is inserted with its
 * created_on belongs to a task that is created or restored with it: a command with such
 * links began after the last one without.
 */
static bool
is_change(const TriggerData *data, Command command)
{
	const char *target = data->tg_trigger->tgargs[0];

	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		return last_direct.transaction == command.transaction && last_direct.id >= command.id;
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		return tc_uuid_compare(get_uuid(data, data->tg_trigtuple, target),
							get_uuid(data, data->tg_newtuple, target)) != 0;
	return !link_trigger_is_going(get_uuid(data, data->tg_trigtuple, "org_id"));
}

/*
 * Returns whether the row of a task, given by table and position, was written by this
 * command or a later one of the transaction.
 */
static bool
is_written_since(Oid table, ItemPointer tid, CommandId command)
{
	Relation	relation = table_open(table, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	HeapTupleHeader header;
	bool		written;

	if (!table_tuple_fetch_row_version(relation, tid, SnapshotAny, slot))
		elog(ERROR, "the row of a task that is locked is not there");
	header = ExecFetchSlotHeapTuple(slot, false, NULL)->t_data;
	written = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header)) &&
		HeapTupleHeaderGetCmin(header) >= command;
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, AccessShareLock);
	return written;
}

/* Raises the version of a task, unless it is deleted or the command has raised it. */
static void
raise_version(const pg_uuid_t *org_id, const pg_uuid_t *task_id, CommandId command)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(task_id)};
	OwnerSwitch saved;
	bool		isnull;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	if (plan_finds(&hold_plan, values) &&
		!is_written_since(DatumGetObjectId(plan_value(0, 1, &isnull)),
						  (ItemPointer) DatumGetPointer(plan_value(0, 2, &isnull)), command))
	{
		values[2] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		plan_run(&raise_plan, values, NULL, false);
		plan_require_rows(1, "task");
	}
	SPI_finish();
	owner_leave(&saved);
}

/*
 * link_changed(target) returns trigger
 *
 * Fires after INSERT, UPDATE and DELETE of each link.  target: the column that refers to
 * the linked row.
 */
Datum
tc_link_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Command		command;
	pg_uuid_t  *org_id;
	pg_uuid_t  *task_id;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after each row, with one argument",
						"link_changed")));

	command.transaction = tc_proc_lxid(MyProc);
	command.id = get_command(data);
	if (!is_change(data, command))
		return PointerGetDatum(NULL);
	org_id = get_uuid(data, data->tg_trigtuple, "org_id");
	task_id = get_uuid(data, data->tg_trigtuple, "task_id");
	if (last_raised.command.transaction == command.transaction && last_raised.command.id == command.id &&
		tc_uuid_compare(&last_raised.org_id, org_id) == 0 && tc_uuid_compare(&last_raised.task_id, task_id) == 0)
		return PointerGetDatum(NULL);

	raise_version(org_id, task_id, command.id);
	last_raised.command = command;
	last_raised.org_id = *org_id;
	last_raised.task_id = *task_id;
	return PointerGetDatum(NULL);
}
