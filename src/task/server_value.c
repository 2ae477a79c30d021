/*
 * server_value.c
 *		Columns whose values the server chooses: times and versions.
 *
 * Clients that write whole rows (an ORM, PostgREST's upsert) also send these columns.
 * Their values are accepted if they change nothing.  An INSERT may send the default, or
 * the value of the existing row with the same key, as in an upsert of a row that was
 * read.  An UPDATE may send the current value.  created_on of a link is a copy of the
 * task's, so the task is the row that tells the value.
 *
 * The rule applies to roles that row-level security binds.  Administrators may load old
 * rows with their times, and the API sets the values itself.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "db/changed_column.h"
#include "db/cluster.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/trigger_row.h"
#include "task/client_row.h"

PG_FUNCTION_INFO_V1(tc_refuse_server_value);

#define ROW_PLAN(table) \
	BOOKKEEPING_PLAN("SELECT t.* FROM taskcrm." table " t" \
	 " WHERE t.org_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2", \
	 2, UUIDOID, UUIDOID)

/* The rows that tell the values of new rows, by table. */
static KeptPlan task_plan = ROW_PLAN("task");
static KeptPlan comment_plan = ROW_PLAN("task_comment");

typedef struct ToldBy
{
	const char *table;
	KeptPlan   *plan;
	const char *key;			/* the column of the new row that has the id */
	bool		is_link;
} ToldBy;

static const ToldBy told_by[] = {
	{"task", &task_plan, "id", false},
	{"task_comment", &comment_plan, "id", false},
	{"task_contact", &task_plan, "task_id", true},
	{"task_assignee", &task_plan, "task_id", true},
	{"task_team", &task_plan, "task_id", true}
};

static const ToldBy *
find_told_by(Relation relation)
{
	const char *table = cluster_table_name(relation);

	for (int i = 0; i < (int) lengthof(told_by); i++)
	{
		if (strcmp(told_by[i].table, table) == 0)
			return &told_by[i];
	}
	elog(ERROR, "table \"%s\" has no values of the server", table);
	return NULL;				/* keep the compiler quiet */
}

/* The type of such a column: a number, a user, or a time. */
static Oid
type_of_value(const char *name)
{
	if (strcmp(name, "version") == 0)
		return INT4OID;
	return strcmp(name, "completed_by") == 0 ? UUIDOID : TIMESTAMPTZOID;
}

/*
 * Returns whether a value is the column's default: now() for a time of the row itself, 1,
 * or NULL.
 */
static bool
is_default(const TriggerData *data, const char *name, Datum value, bool isnull)
{
	if (isnull)
		return true;
	if (type_of_value(name) == INT4OID)
		return DatumGetInt32(value) == 1;
	return !find_told_by(data->tg_relation)->is_link &&
		(strcmp(name, "created_on") == 0 || strcmp(name, "updated_on") == 0 || strcmp(name, "commented_on") == 0) &&
		DatumGetTimestampTz(value) == GetCurrentTransactionStartTimestamp();
}

/*
 * Returns whether the row that tells the value has the same one.  Reads only rows of the
 * caller's organization; for another one the policies reject the new row.  A link to a
 * task that does not exist is accepted: the key reports it.
 */
static bool
is_of_existing_row(const TriggerData *data, const char *name, Datum value, bool isnull)
{
	const ToldBy *by = find_told_by(data->tg_relation);
	Datum		key[2];
	OwnerSwitch saved;
	bool		same = by->is_link;
	bool		key_null[2];

	key[0] = trigger_row_nullable(data->tg_relation, data->tg_trigtuple, "org_id", UUIDOID, &key_null[0]);
	key[1] = trigger_row_nullable(data->tg_relation, data->tg_trigtuple, by->key, UUIDOID, &key_null[1]);
	if (key_null[0] || key_null[1] || !client_row_is_own(data))
		return false;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	if (plan_finds(by->plan, key))
	{
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		old_null;
		Datum		old = SPI_getbinval(SPI_tuptable->vals[0], desc, SPI_fnumber(desc, name), &old_null);

		same = isnull == old_null &&
			(isnull || datum_image_eq(old, value, type_of_value(name) != UUIDOID,
									 type_of_value(name) == UUIDOID ? UUID_LEN : (int) sizeof(Datum)));
	}
	SPI_finish();
	owner_leave(&saved);
	return same;
}

/*
 * Returns a new link without its created_on, so that the triggers that fire next treat it
 * like one that was sent without.
 */
static HeapTuple
clear_created_on(const TriggerData *data)
{
	int			column = trigger_row_column(data->tg_relation, "created_on", TIMESTAMPTZOID);
	Datum		value = (Datum) 0;
	bool		isnull = true;

	return heap_modify_tuple_by_cols(data->tg_trigtuple, RelationGetDescr(data->tg_relation),
									 1, &column, &value, &isnull);
}

static void
check_new(const TriggerData *data, const char *name)
{
	bool		isnull;
	Datum		value = trigger_row_nullable(data->tg_relation, data->tg_trigtuple, name, type_of_value(name), &isnull);

	if (is_default(data, name, value, isnull) || is_of_existing_row(data, name, value, isnull))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("column \"%s\" of table \"%s\" cannot be set by a client",
					name, cluster_table_name(data->tg_relation)),
			 errhint("Omit it, or send DEFAULT or the value that the row has.")));
}

static void
check_changed(const TriggerData *data, const char *name)
{
	if (changed_column(data, name))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("column \"%s\" of table \"%s\" cannot be changed",
						name, cluster_table_name(data->tg_relation)),
				 errhint("Omit it, or send the value that the row has.")));
}

/* Checks the columns that are the trigger's arguments; returns the row to be written. */
static HeapTuple
check_row(const TriggerData *data)
{
	bool		is_insert = TRIGGER_FIRED_BY_INSERT(data->tg_event);

	for (int i = 0; i < data->tg_trigger->tgnargs; i++)
	{
		if (is_insert)
			check_new(data, data->tg_trigger->tgargs[i]);
		else
			check_changed(data, data->tg_trigger->tgargs[i]);
	}
	if (is_insert && find_told_by(data->tg_relation)->is_link)
		return clear_created_on(data);
	return trigger_row_new(data);
}

/*
 * refuse_server_value() returns trigger
 *
 * Fires before INSERT and UPDATE, for each row.  Its arguments are columns.  Raises 42501
 * if a client chooses a value for one of them.
 */
Datum
tc_refuse_server_value(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger before INSERT or UPDATE for each row",
						"refuse_server_value")));
	return PointerGetDatum(client_row_is_bound(data->tg_relation) ? check_row(data) : trigger_row_new(data));
}
