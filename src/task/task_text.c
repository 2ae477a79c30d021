/*
 * task_text.c
 *		The descriptions of tasks, stored for searching.
 *
 * An UPDATE of a task writes a new row, and with it new entries in each index of the
 * table. A trigram index on a long description would need thousands of entries, whatever
 * the UPDATE changes.  Therefore the index on descriptions is on another table,
 * task_text, with a copy of each non-empty description.  A trigger writes it only when a
 * description changes.
 *
 * Search reads task_text; everything else reads task.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/settings.h"
#include "db/changed_column.h"
#include "db/delete_cascaded.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/trigger_row.h"
#include "task/task_text.h"

PG_FUNCTION_INFO_V1(tc_task_described);
PG_FUNCTION_INFO_V1(tc_task_text_replaced);

/*
 * A statement may evaluate ids for each row that it finds in another way.  With more than
 * a few ids, it must be planned for them; with more than taskcrm.max_search_ids, they would
 * take too much memory.
 */
#define MOST_FEW 4000

/* $1 organization, $2 term. */
#define SEARCH_PLAN(op) TENANT_PLAN( \
	"SELECT x.task_id FROM taskcrm_internal.task_text x" \
	" WHERE x.org_id = $1 AND x.description OPERATOR(taskcrm." op ") $2", \
	2, UUIDOID, TEXTOID)
static KeptPlan search_plan = SEARCH_PLAN("@~");
static KeptPlan unaccented_search_plan = SEARCH_PLAN("@~~");

/* $1 organization, $2 task, $3 description. */
static KeptPlan write_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.task_text (org_id, task_id, description) VALUES ($1, $2, $3)"
	" ON CONFLICT (org_id, task_id) DO UPDATE SET description = excluded.description",
	3, UUIDOID, UUIDOID, TEXTOID);

static CascadePart text_part = CASCADE_PART_IN("taskcrm_internal", "task_text", "task_id = $2");

/* True while write_plan inserts a row of task_text. */
static bool is_writing = false;

/* Looks up the given number of tasks whose description contains the term. */
static void
look_up(DescribedTasks *described, int most)
{
	Datum		values[2] = {UUIDPGetDatum(&described->org_id), described->term};
	Datum	   *ids;

	plan_run_some(described->without_accents ? &unaccented_search_plan : &search_plan, values, true, (uint64) most + 1);
	described->looked_for = most;
	if (SPI_processed > (uint64) most)
	{
		described->count = DESCRIBED_MANY;
		SPI_freetuptable(SPI_tuptable);
		return;
	}
	described->count = SPI_processed > MOST_FEW ? DESCRIBED_SOME : DESCRIBED_FEW;
	ids = palloc(sizeof(Datum) * Max(SPI_processed, 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;

		ids[row] = plan_value(row, 1, &isnull);
	}
	described->ids = PointerGetDatum(tc_uuid_array(ids, (int) SPI_processed));
	pfree(ids);
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Returns how many tasks have the term in their description; the ids are set unless there
 * are many.  beyond_few: false if the caller does not need to know whether there are some
 * or many.  Needs an API call in progress.
 */
DescribedCount
task_text_look_up(DescribedTasks *described, bool beyond_few)
{
	int			most = beyond_few ? settings_max_search_ids : Min(MOST_FEW, settings_max_search_ids);

	if (described->looked_for == 0 ||
		(described->count == DESCRIBED_MANY && described->looked_for < most))
		look_up(described, most);
	if (described->count == DESCRIBED_SOME && !beyond_few)
		return DESCRIBED_MANY;
	return described->count;
}

/*
 * Returns the key of the task_text row for a row.  task: the column with the task's id.
 */
static void
get_text_key(const TriggerData *data, HeapTuple row, const char *task, Datum *key)
{
	key[0] = trigger_row_value(data->tg_relation, row, "org_id", UUIDOID);
	key[1] = trigger_row_value(data->tg_relation, row, task, UUIDOID);
}

/* Writes the description.  values: as for write_plan. */
static void
write_text(const Datum *values)
{
	is_writing = true;
	PG_TRY();
	{
		plan_run(&write_plan, values, NULL, false);
	}
	PG_FINALLY();
	{
		is_writing = false;
	}
	PG_END_TRY();
	plan_require_rows(1, "task_text");
}

/* Returns whether a text is empty, without reading an out-of-line value. */
static bool
is_empty(Datum text)
{
	return toast_raw_datum_size(text) == VARHDRSZ;
}

/*
 * task_described() returns trigger
 *
 * Fires after INSERT and UPDATE of each task.  Writes the description to task_text if it
 * has changed.
 */
Datum
tc_task_described(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		is_update;
	HeapTuple	row;
	Datum		values[3];
	bool		isnull;
	OwnerSwitch saved;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_AFTER(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after INSERT or UPDATE for each row",
						"task_described")));

	is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	if (is_update && !changed_column(data, "description"))
		return PointerGetDatum(NULL);
	row = is_update ? data->tg_newtuple : data->tg_trigtuple;
	values[2] = trigger_row_nullable(data->tg_relation, row, "description", TEXTOID, &isnull);
	isnull = isnull || is_empty(values[2]);
	if (isnull && !is_update)
		return PointerGetDatum(NULL);

	get_text_key(data, row, "id", values);
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	if (isnull)
		delete_part(&text_part, values);
	else
		write_text(values);
	SPI_finish();
	owner_leave(&saved);
	return PointerGetDatum(NULL);
}

/*
 * task_text_replaced() returns trigger
 *
 * Fires before INSERT of each row of task_text.  Deletes the existing row with the same
 * key.  A dump loads tasks before task_text; if triggers are enabled, the rows exist by
 * then.
 */
Datum
tc_task_text_replaced(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Datum		key[2];
	OwnerSwitch saved;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger before INSERT for each row",
						"task_text_replaced")));

	if (is_writing)
		return PointerGetDatum(data->tg_trigtuple);
	get_text_key(data, data->tg_trigtuple, "task_id", key);
	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	plan_run(&text_part.delete, key, NULL, false);
	SPI_finish();
	owner_leave(&saved);
	return PointerGetDatum(data->tg_trigtuple);
}
