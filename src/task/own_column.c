/*
 * own_column.c
 *		Columns that an administrator added to task and exposed in the API.
 *
 * The table exposed_column names them, and the catalogs say what they are.  From both, each
 * backend makes the table of fields that drives the API: the fixed fields, then these
 * columns in their order in the table.  It is made again after an invalidation of task, as
 * by ALTER TABLE, or of exposed_column, whose trigger announces every change.  If it then
 * differs, all statements that are made from it are forgotten.
 *
 * The table of fields changes only when no API call is in progress, so that a call, and the
 * calls of triggers within it, use one table from beginning to end.
 *
 * A column that was dropped or renamed, or whose type became one without support, is no
 * field any more; tc_doctor() reports it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/bitmapset.h"
#include "nodes/nodes.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "base/decision_log.h"
#include "db/owner.h"
#include "db/plan.h"
#include "db/relation_watch.h"
#include "identity/identity.h"
#include "task/list_filter_spec.h"
#include "task/own_column.h"
#include "task/own_column_type.h"
#include "task/task_fields.h"

PG_FUNCTION_INFO_V1(tc_exposed_changed);

/* Fixed so that it cannot be a parameter: the columns of other tables have no fields. */
#define OF_TASK "e.table_name OPERATOR(pg_catalog.=) 'task'::pg_catalog.name"

static KeptPlan read_plan = BOOKKEEPING_PLAN(
	"SELECT e.column_name::pg_catalog.text, e.writable FROM taskcrm_internal.exposed_column e WHERE " OF_TASK
	" ORDER BY e.column_name USING OPERATOR(pg_catalog.<)", 0, InvalidOid);

static KeptPlan expose_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.exposed_column (table_name, column_name, writable) VALUES ('task', $1::pg_catalog.name, $2)"
	" ON CONFLICT (table_name, column_name) DO UPDATE SET writable = excluded.writable",
	2, TEXTOID, BOOLOID);

static KeptPlan hide_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.exposed_column e WHERE " OF_TASK " AND e.column_name = $1::pg_catalog.name RETURNING true",
	1, TEXTOID);

/* Why a column cannot be exposed. */
typedef struct ColumnProblem
{
	int			sqlstate;
	const char *text;			/* continues "column ..." */
	const char *hint;			/* or NULL */
} ColumnProblem;

/* A row of exposed_column. */
typedef struct ExposedColumn
{
	const char *name;
	bool		writable;
} ExposedColumn;

/* A check constraint on columns that are exposed. */
typedef struct ColumnCheck
{
	const char *constraint;
	const char *columns;		/* quoted, for messages */
} ColumnCheck;

/* What was made of the exposed columns, in a memory context of its own. */
typedef struct ColumnSet
{
	MemoryContext context;
	char	   *signature;		/* of everything that statements and answers depend on */
	int			count;			/* of all fields */
	TaskField	fields[TASK_MAX_FIELDS];
	int			nchecks;
	ColumnCheck *checks;
} ColumnSet;

static ColumnSet *current = NULL;	/* NULL: no column is exposed */

/*
 * Both invalid until first looked up, or while the tables do not exist.  exposed_id is that of
 * task while it does not matter, because task has no other columns.
 */
static Oid	task_id = InvalidOid;
static Oid	exposed_id = InvalidOid;

/* Counts the changes of both. */
static uint64 changes = 1;
static uint64 known_after = 0;

static void
own_relation_changed(Oid relation)
{
	if (!OidIsValid(relation) || !OidIsValid(task_id) || !OidIsValid(exposed_id) ||
		relation == task_id || relation == exposed_id)
		changes++;
}

/* Registers for changes of the tables.  Called by _PG_init(). */
void
own_column_init(void)
{
	relation_watch(own_relation_changed);
}

/*
 * exposed_changed() returns trigger
 *
 * Fires after a change of exposed_column, and announces it to all sessions.
 */
Datum
tc_exposed_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "exposed_changed")));
	CacheInvalidateRelcache(data->tg_relation);
	return PointerGetDatum(NULL);
}

/* --- which columns can be exposed --- */

/* Keys of requests and answers that are no fields, and names with a meaning in a form. */
static const char *const reserved_keys[] = {
	"attachment", "attachments", "expand", "expanded", "task_obj"
};

/* Returns whether a name is that of one of the extension's columns of task. */
static bool
is_fixed_column(const char *name)
{
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (task_fields[i].column != NULL && strcmp(task_fields[i].column, name) == 0)
			return true;
	}
	return strcmp(name, "org_id") == 0;
}

static bool
is_reserved(const char *name)
{
	for (int i = 0; i < TASK_FIELDS; i++)
	{
		if (strcmp(task_fields[i].key, name) == 0)
			return true;
	}
	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (strcmp(list_filter_key(i), name) == 0)
			return true;
	}
	for (int i = 0; i < (int) lengthof(reserved_keys); i++)
	{
		if (strcmp(reserved_keys[i], name) == 0)
			return true;
	}
	return is_fixed_column(name);
}

/*
 * The name becomes a key of JSON, a parameter of URIs and a word in orderings, and two
 * underscores separate it from the operator of a filter.
 */
static bool
is_plain_name(const char *name)
{
	return *name >= 'a' && *name <= 'z' && strlen(name) < NAMEDATALEN &&
		name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0' &&
		strstr(name, "__") == NULL && name[strlen(name) - 1] != '_';
}

static bool
has_problem(ColumnProblem *problem, int sqlstate, const char *text, const char *hint)
{
	problem->sqlstate = sqlstate;
	problem->text = text;
	problem->hint = hint;
	return true;
}

static bool
has_type_problem(Form_pg_attribute column, ColumnProblem *problem)
{
	const char *type = format_type_be(column->atttypid);

	if (own_column_type(column->atttypid) != NULL)
		return false;
	if (column->atttypid == NUMERICOID)
		return has_problem(problem, ERRCODE_FEATURE_NOT_SUPPORTED, "has type numeric, whose operators are not leakproof",
						   "Under row-level security no index could be used. Use double precision, or a bigint of the smallest unit.");
	return has_problem(problem, ERRCODE_FEATURE_NOT_SUPPORTED, psprintf("has type %s, which is not supported", type),
					   "Supported types are text, integer, bigint, double precision, boolean, date, timestamp with time zone, uuid and enums.");
}

/* Returns whether a column of task cannot be exposed, and why. */
static bool
find_column_problem(Relation task, const char *name, ColumnProblem *problem)
{
	AttrNumber	number = InvalidAttrNumber;

	if (is_reserved(name))
		return has_problem(problem, ERRCODE_RESERVED_NAME, "has a name that the API uses itself", "Rename the column.");
	if (strlen(name) < NAMEDATALEN)
		number = get_attnum(RelationGetRelid(task), name);
	if (number == InvalidAttrNumber)
		return has_problem(problem, ERRCODE_UNDEFINED_COLUMN, "does not exist", NULL);
	if (number < 0)
		return has_problem(problem, ERRCODE_FEATURE_NOT_SUPPORTED, "is a system column", NULL);
	if (!is_plain_name(name))
		return has_problem(problem, ERRCODE_INVALID_NAME, "has a name that cannot be a key of the API",
						   "Rename the column. The name must begin with a letter from a to z and consist of such letters, digits and single underscores.");
	return has_type_problem(TupleDescAttr(RelationGetDescr(task), number - 1), problem);
}

static bool
is_computed(Form_pg_attribute column)
{
	return column->attgenerated != '\0' || column->attidentity != '\0';
}

/* The same for a column that is to be writable, too. */
static bool
find_exposure_problem(Relation task, const char *name, bool writable, ColumnProblem *problem)
{
	if (find_column_problem(task, name, problem))
		return true;
	if (!writable || !is_computed(TupleDescAttr(RelationGetDescr(task), get_attnum(RelationGetRelid(task), name) - 1)))
		return false;
	return has_problem(problem, ERRCODE_FEATURE_NOT_SUPPORTED, "cannot be writable, because its values are generated",
					   "Omit writable.");
}

/*
 * Returns why a column cannot be exposed, as the end of a sentence, or NULL.  Raises 55000 if
 * the tables do not exist.
 */
const char *
own_column_problem(const char *name, bool writable)
{
	Relation	task = table_open(owner_require_table("task"), AccessShareLock);
	ColumnProblem problem;
	bool		is_problem = find_exposure_problem(task, name, writable, &problem);

	table_close(task, AccessShareLock);
	return is_problem ? problem.text : NULL;
}

/* --- what the table says --- */

/* Runs the statement that reads it, as committed now.  Returns the number of columns. */
static int
read_exposed(ExposedColumn **columns)
{
	bool		isnull;

	plan_run_latest(&read_plan, NULL, NULL);
	*columns = palloc0(sizeof(ExposedColumn) * Max(SPI_processed, 1));
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		(*columns)[row].name = TextDatumGetCString(plan_value(row, 1, &isnull));
		(*columns)[row].writable = DatumGetBool(plan_value(row, 2, &isnull));
	}
	return (int) SPI_processed;
}

/*
 * Exposes a column.  name: text.  Raises 42703, 42602, 42939 or 0A000 for a column that
 * cannot be exposed, 54000 for too many, 09000 if a trigger suppresses the row.  Needs a
 * frame in OWNER_BOOKKEEPING mode.
 */
void
own_column_expose(Datum name, bool writable)
{
	Datum		values[2] = {name, BoolGetDatum(writable)};
	const char *given = TextDatumGetCString(name);
	Relation	task = table_open(owner_require_table("task"), AccessShareLock);
	ExposedColumn *columns;
	ColumnProblem problem;

	if (find_exposure_problem(task, given, writable, &problem))
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("column \"%s\" of table \"task\" %s", given, problem.text),
				 problem.hint ? errhint("%s", problem.hint) : 0));
	table_close(task, AccessShareLock);
	plan_run(&expose_plan, values, NULL, false);
	plan_require_rows(1, "exposed_column");
	CommandCounterIncrement();
	if (read_exposed(&columns) > TASK_MAX_OWN)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many columns are exposed"),
				 errdetail("At most %d columns can be exposed.", TASK_MAX_OWN)));
}

/*
 * Hides a column.  name: text.  Returns whether it was exposed.  Needs a frame in
 * OWNER_BOOKKEEPING mode.
 */
bool
own_column_hide(Datum name)
{
	return plan_finds(&hide_plan, &name);
}

/* --- making the fields --- */

static const ExposedColumn *
find_exposed(const ExposedColumn *columns, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	}
	return NULL;
}

/* Returns the stored form of a column's default, or an empty string. */
static const char *
get_default_text(Relation task, AttrNumber number)
{
	const TupleConstr *constraints = RelationGetDescr(task)->constr;

	for (int i = 0; constraints != NULL && i < constraints->num_defval; i++)
	{
		if (constraints->defval[i].adnum == number)
			return constraints->defval[i].adbin;
	}
	return "";
}

/*
 * Returns whether an index begins with these columns, of which all but the first have the
 * same, usual direction.
 */
static bool
begins_with(Relation index, const AttrNumber columns[3])
{
	const FormData_pg_index *form = index->rd_index;
	int			direction = form->indnkeyatts < 3 ? 0 : index->rd_indoption[1];

	if (!form->indisvalid || form->indnkeyatts < 3 || index->rd_rel->relam != BTREE_AM_OID ||
		!heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL))
		return false;
	for (int i = 0; i < 3; i++)
	{
		if (form->indkey.values[i] != columns[i] || (i > 0 && index->rd_indoption[i] != direction))
			return false;
	}
	return direction == 0 || direction == (INDOPTION_DESC | INDOPTION_NULLS_FIRST);
}

/* Returns whether an index gives the tasks with a value of a column by created_on. */
static bool
has_list_index(Relation task, AttrNumber column)
{
	Oid			task_oid = RelationGetRelid(task);
	AttrNumber	columns[3] = {get_attnum(task_oid, "org_id"), column, get_attnum(task_oid, "created_on")};
	List	   *indexes = RelationGetIndexList(task);
	ListCell   *cell;
	bool		found = false;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		found = found || begins_with(index, columns);
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return found;
}

static void
fill_field(TaskField *field, Relation task, Form_pg_attribute column, bool writable)
{
	const char *name = pstrdup(NameStr(column->attname));
	const char *quoted = pstrdup(quote_identifier(name));
	char	   *comment = GetComment(RelationGetRelid(task), RelationRelationId, column->attnum);

	field->key = name;
	field->type = own_column_type(column->atttypid);
	field->column = quoted;
	/* As for titles, the order of texts does not change with the locale. */
	field->order = psprintf(column->atttypid == TEXTOID ? "t.%s COLLATE pg_catalog.\"C\"" : "t.%s", quoted);
	field->order_created_on = true;
	field->order_nulls = !column->attnotnull;
	field->nullable = !column->attnotnull;
	field->required = column->attnotnull;
	field->writable = writable && !is_computed(column);
	field->max_length = column->atttypid == TEXTOID ? OWN_COLUMN_MAX_TEXT : 0;
	field->is_own = true;
	field->has_default = column->atthasdef && !is_computed(column);
	field->enum_type = type_is_enum(column->atttypid) ? column->atttypid : InvalidOid;
	field->is_indexed = OidIsValid(field->enum_type) && has_list_index(task, column->attnum);
	field->doc = comment != NULL ? comment : "An additional column of the table.";
}

/* Adds the fields of the columns, and what they are to the signature. */
static void
add_fields(ColumnSet *set, StringInfo signature, Relation task, const ExposedColumn *columns, int count)
{
	TupleDesc	desc = RelationGetDescr(task);

	memcpy(set->fields, task_fields, sizeof(TaskField) * TASK_FIELDS);
	set->count = TASK_FIELDS;
	for (int i = 0; i < desc->natts && set->count < TASK_MAX_FIELDS; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		const ExposedColumn *exposed = column->attisdropped ? NULL : find_exposed(columns, count, NameStr(column->attname));
		TaskField  *field = &set->fields[set->count];
		ColumnProblem problem;

		if (exposed == NULL || find_column_problem(task, exposed->name, &problem))
			continue;
		fill_field(field, task, column, exposed->writable);
		appendStringInfo(signature, "%s %u %d %d %d %s %s\n", field->key, column->atttypid, field->writable,
						 field->required, field->is_indexed, get_default_text(task, column->attnum), field->doc);
		set->count++;
	}
}

/* Returns the exposed columns that a check constraint names, or NULL. */
static char *
list_checked(const ColumnSet *set, Relation task, const char *expression)
{
	Bitmapset  *numbers = NULL;
	StringInfoData list;

	initStringInfo(&list);
	pull_varattnos(stringToNode(expression), 1, &numbers);
	for (int i = TASK_FIELDS; i < set->count; i++)
	{
		AttrNumber	number = get_attnum(RelationGetRelid(task), set->fields[i].key);

		if (bms_is_member(number - FirstLowInvalidHeapAttributeNumber, numbers))
			appendStringInfo(&list, "%s\"%s\"", list.len == 0 ? "" : ", ", set->fields[i].key);
	}
	return list.len == 0 ? NULL : list.data;
}

/*
 * Adds the check constraints on the columns.  They are looked up now because nothing can be
 * looked up after the error of a violated one.
 */
static void
add_checks(ColumnSet *set, StringInfo signature, Relation task)
{
	const TupleConstr *constraints = RelationGetDescr(task)->constr;
	int			count = constraints == NULL ? 0 : constraints->num_check;

	set->checks = palloc(sizeof(ColumnCheck) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		char	   *columns = list_checked(set, task, constraints->check[i].ccbin);

		if (columns == NULL)
			continue;
		set->checks[set->nchecks].constraint = pstrdup(constraints->check[i].ccname);
		set->checks[set->nchecks++].columns = columns;
		appendStringInfo(signature, "check %s %s\n", constraints->check[i].ccname, columns);
	}
}

/* Makes a set in a memory context of its own.  Returns NULL if it has no column. */
static ColumnSet *
make_set(Relation task, const ExposedColumn *columns, int count)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "taskcrm columns", ALLOCSET_SMALL_SIZES);
	MemoryContext former = MemoryContextSwitchTo(context);
	ColumnSet  *set = palloc0(sizeof(ColumnSet));
	StringInfoData signature;

	initStringInfo(&signature);
	set->context = context;
	add_fields(set, &signature, task, columns, count);
	add_checks(set, &signature, task);
	set->signature = signature.data;
	MemoryContextSwitchTo(former);
	if (set->count > TASK_FIELDS)
		return set;
	MemoryContextDelete(context);
	return NULL;
}

static bool
is_same_set(const ColumnSet *a, const ColumnSet *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->signature, b->signature) == 0;
}

/* Makes a set the current one, and forgets the former.  set: may be NULL. */
static void
use_set(ColumnSet *set)
{
	ColumnSet  *former = current;

	if (is_same_set(set, former))
	{
		if (set != NULL)
			MemoryContextDelete(set->context);
		return;
	}
	/* Nothing below fails. */
	plan_forget_built();
	if (set != NULL)
		MemoryContextSetParent(set->context, CacheMemoryContext);
	current = set;
	task_fields_replace(set == NULL ? NULL : set->fields, set == NULL ? 0 : set->count);
	if (former != NULL)
		MemoryContextDelete(former->context);
}

/* Returns whether task has a column that is not the extension's. */
static bool
has_other_columns(void)
{
	Relation	task = table_open(task_id, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(task);
	bool		result = false;

	for (int i = 0; i < desc->natts && !result; i++)
		result = !TupleDescAttr(desc, i)->attisdropped && !is_fixed_column(NameStr(TupleDescAttr(desc, i)->attname));
	table_close(task, AccessShareLock);
	return result;
}

/* Reads the tables and makes the set. */
static ColumnSet *
read_columns(void)
{
	OwnerSwitch saved;
	ExposedColumn *columns;
	ColumnSet  *set = NULL;
	MemoryContext context = CurrentMemoryContext;
	Relation	task;
	int			count;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	count = read_exposed(&columns);
	task = table_open(task_id, AccessShareLock);
	if (count > 0)
	{
		MemoryContextSwitchTo(context);
		set = make_set(task, columns, count);
	}
	table_close(task, AccessShareLock);
	SPI_finish();
	owner_leave(&saved);
	return set;
}

/*
 * Waits for a statement that is changing the table, and keeps others from changing it until
 * the end of the transaction, as reading tasks does anyway.  Otherwise a column could be
 * dropped between now and the statement that names it.
 */
static void
hold_columns(void)
{
	if (current != NULL)
		LockRelationOid(task_id, AccessShareLock);
	AcceptInvalidationMessages();
}

/*
 * Makes the table of fields again.  Usually task has no other columns than those of the
 * extension; then nothing else is read.
 */
static void
read_again(void)
{
	Oid			schema = get_namespace_oid("taskcrm", true);
	uint64		asked_after;

	decision_log("reading which columns are exposed");
	task_id = OidIsValid(schema) ? get_relname_relid("task", schema) : InvalidOid;
	exposed_id = task_id;
	/* A change that arrives while it is read is not part of it. */
	asked_after = changes;
	if (OidIsValid(task_id) && has_other_columns())
	{
		exposed_id = owner_require_table("exposed_column");
		use_set(read_columns());
	}
	else
		use_set(NULL);
	known_after = asked_after;
}

/*
 * Brings the table of fields up to date with what other sessions have committed.  Usually
 * only compares two numbers.  Does nothing while an API call is in progress.  Raises 55000 if
 * the table of exposed columns is missing, but the others are not.
 */
void
own_column_refresh(void)
{
	if (identity_is_pinned())
		return;
	for (hold_columns(); known_after != changes; hold_columns())
		read_again();
}

/*
 * Returns the exposed columns that a check constraint of task names, quoted, or NULL.  Never
 * raises an error.
 */
const char *
own_column_of_check(const char *constraint)
{
	for (int i = 0; current != NULL && i < current->nchecks; i++)
	{
		if (strcmp(current->checks[i].constraint, constraint) == 0)
			return current->checks[i].columns;
	}
	return NULL;
}

/*
 * Returns the default of a column as an expression, palloc'ed, or NULL.  Names are written
 * for the present search_path.
 */
char *
own_column_default(const char *name)
{
	Relation	task = table_open(owner_require_table("task"), AccessShareLock);
	AttrNumber	number = get_attnum(RelationGetRelid(task), name);
	Node	   *expression = number > 0 ? build_column_default(task, number) : NULL;

	table_close(task, AccessShareLock);
	return expression == NULL ? NULL : deparse_expression(expression, NIL, false, false);
}
