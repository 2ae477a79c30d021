/*
 * task_expand.c
 *		The objects that tasks refer to, beside their ids, and the numbers of their comments
 *		and attachments.
 *
 * One statement for each kind fetches the objects of all tasks of an answer.  A row that
 * the caller cannot see, such as a user who is no longer a member, is left out.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "base/compat.h"
#include "base/settings.h"
#include "db/plan.h"
#include "task/directory_kind.h"
#include "task/people.h"
#include "task/task_expand.h"

static void build_expand(KeptPlan *plan, StringInfo sql);

/*
 * The field with the ids, and the rows that they name: of the directory, or users.  Or the
 * table whose rows of a task are counted, and the key of their number.
 */
static const struct
{
	int			field;
	DirectoryNoun noun;
	const char *counted;
	const char *key;
}			expand_kinds[EXPAND_KINDS] = {
	[EXPAND_ACCOUNT] = {TASK_ACCOUNT, DIRECTORY_ACCOUNT},
	[EXPAND_CONTACTS] = {TASK_CONTACTS, DIRECTORY_CONTACT},
	[EXPAND_ASSIGNED_TO] = {TASK_ASSIGNED_TO, DIRECTORY_NONE},
	[EXPAND_TEAMS] = {TASK_TEAMS, DIRECTORY_TEAM},
	[EXPAND_CREATED_BY] = {TASK_CREATED_BY, DIRECTORY_NONE},
	[EXPAND_COMMENTS] = {.counted = "taskcrm.task_comment", .key = "comments_count"},
	[EXPAND_ATTACHMENTS] = {.counted = "taskcrm.task_attachment", .key = "attachments_count"}
};

#define EXPAND_PLAN {.mode = OWNER_TENANT, .build = build_expand}

static KeptPlan expand_plans[EXPAND_KINDS] = {
	EXPAND_PLAN, EXPAND_PLAN, EXPAND_PLAN, EXPAND_PLAN, EXPAND_PLAN, EXPAND_PLAN, EXPAND_PLAN
};

/* $1 organization, $2 ids.  The policy of app_user shows the members of the organization. */
static void
build_expand(KeptPlan *plan, StringInfo sql)
{
	const char *counted = expand_kinds[plan - expand_plans].counted;
	const DirectoryKind *kind = &directory_kinds[expand_kinds[plan - expand_plans].noun];

	if (counted != NULL)
		appendStringInfo(sql, "SELECT c.task_id, count(*) FROM %s c WHERE c.org_id = $1 AND c.task_id = ANY ($2)"
						 " GROUP BY c.task_id", counted);
	else if (kind->select == NULL)
		appendStringInfoString(sql, "SELECT u.id, u.name, u.email FROM taskcrm.app_user u WHERE u.id = ANY ($2)");
	else
		appendStringInfo(sql, "SELECT %s FROM %s WHERE t.org_id = $1 AND %s = ANY ($2)", kind->select, kind->from,
						 kind->id);
	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDARRAYOID;
}

static const RowSchema *
schema_of(int kind)
{
	DirectoryNoun noun = expand_kinds[kind].noun;

	return noun == DIRECTORY_NONE ? &user_schema : directory_kinds[noun].schema;
}

static bool
is_link(int kind)
{
	return expand_kinds[kind].counted == NULL && task_fields[expand_kinds[kind].field].link_table != NULL;
}

/* Returns the name of a kind. */
const char *
task_expand_key(int kind)
{
	return expand_kinds[kind].key != NULL ? expand_kinds[kind].key : task_fields[expand_kinds[kind].field].key;
}

/* Returns the names of all kinds, palloc'ed. */
char *
task_expand_list(const char *separator)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int kind = 0; kind < EXPAND_KINDS; kind++)
		appendStringInfo(&list, "%s%s", kind == 0 ? "" : separator, task_expand_key(kind));
	return list.data;
}

/*
 * Adds the kinds that a text names, separated by commas.  Returns a name that is unknown,
 * or NULL.
 */
static const char *
add_kinds(uint32 *kinds, const char *text)
{
	char	   *name = pstrdup(text);

	while (name != NULL)
	{
		char	   *comma = strchr(name, ',');
		int			kind = 0;

		if (comma != NULL)
			*comma++ = '\0';
		while (kind < EXPAND_KINDS && strcmp(task_expand_key(kind), name) != 0)
			kind++;
		if (kind == EXPAND_KINDS)
			return name;
		*kinds |= (uint32) 1 << kind;
		name = comma;
	}
	return NULL;
}

#define UNKNOWN_DETAIL(name) psprintf("\"%s\" cannot be expanded.", json_read_clip(name))
#define KINDS_HINT psprintf("Valid names are %s, separated by commas.", task_expand_list(", "))

/* Reads which kinds are wanted.  key: for messages.  Raises 22023 for an unknown name. */
uint32
task_expand_read(const JsonReadKey *key, char **texts, int count)
{
	uint32		kinds = 0;

	for (int i = 0; i < count; i++)
	{
		const char *unknown = add_kinds(&kinds, texts[i]);

		if (unknown != NULL)
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, UNKNOWN_DETAIL(unknown), KINDS_HINT);
	}
	return kinds;
}

/* The same for the argument expand; NULL and an empty text are none. */
uint32
task_expand_argument(const text *value)
{
	uint32		kinds = 0;
	const char *unknown;

	if (value == NULL || VARSIZE_ANY_EXHDR(value) == 0)
		return 0;
	unknown = add_kinds(&kinds, text_to_cstring(value));
	if (unknown != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "expand"),
				 errdetail("%s", UNKNOWN_DETAIL(unknown)),
				 errhint("%s", KINDS_HINT)));
	return kinds;
}

/* Writes the JSON Schema of what task_expand_read() accepts. */
void
task_expand_write_schema(JsonWriter *out)
{
	char	   *one = task_expand_list("|");

	json_write_raw(out, CStringGetTextDatum(psprintf(
		"{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^(%s)(,(%s))*$\"},"
		"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^(%s)(,(%s))*$\"}}]}", one, one, one, one)));
}

/* Sets the ids of a kind that some tasks refer to, each once; those of the tasks if rows are counted. */
static void
collect_ids(IdSet *set, int kind, HeapTuple *rows, TupleDesc desc, uint64 count, const TaskLinks *links)
{
	int			field = expand_kinds[kind].field;
	int			column = expand_kinds[kind].counted != NULL ? 1 : task_field_column(field);
	pg_uuid_t  *ids = palloc_extended(sizeof(pg_uuid_t) * Max(count, is_link(kind) ? links->count : 1), MCXT_ALLOC_HUGE);
	int			found = 0;
	bool		isnull;

	for (uint64 i = 0; is_link(kind) && i < links->count; i++)
	{
		if (links->links[i].kind == task_links_kind(field))
			ids[found++] = links->links[i].target_id;
	}
	for (uint64 row = 0; !is_link(kind) && row < count; row++)
	{
		Datum		id = SPI_getbinval(rows[row], desc, column, &isnull);

		if (!isnull)
			ids[found++] = *DatumGetUUIDP(id);
	}
	id_set_make(set, ids, found);
}

/* Stores the numbers of the last statement as JSON. */
static void
keep_counts(ExpandedRows *rows)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		int			position = id_set_position(&rows->ids, DatumGetUUIDP(plan_value(row, 1, &isnull)));

		rows->objects[position] = CStringGetTextDatum(psprintf(INT64_FORMAT, DatumGetInt64(plan_value(row, 2, &isnull))));
	}
}

/* Stores the rows of the last statement as JSON. */
static void
keep_objects(ExpandedRows *rows, const RowSchema *schema)
{
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		int			position = id_set_position(&rows->ids, DatumGetUUIDP(plan_value(row, 1, &isnull)));
		JsonWriter	object;

		if (position < 0)
			continue;
		json_write_begin(&object);
		json_write_open(&object, '{');
		row_write_fields(&object, schema, row);
		json_write_close(&object, '}');
		rows->objects[position] = datumCopy(json_write_end(&object), false, -1);
		pfree(object.text.data);
	}
}

static void
fetch_kind(ExpandedRows *rows, int kind, const pg_uuid_t *org_id, bool read_only)
{
	Datum	   *ids = palloc_extended(sizeof(Datum) * Max(rows->ids.count, 1), MCXT_ALLOC_HUGE);
	uint64		most = settings_max_answer_size / JSON_OUT_UUID_SIZE;
	Datum		values[2] = {UUIDPGetDatum(org_id)};

	rows->objects = palloc_extended(sizeof(Datum) * Max(rows->ids.count, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	if (rows->ids.count == 0)
		return;
	for (int i = 0; i < rows->ids.count; i++)
		ids[i] = UUIDPGetDatum(&rows->ids.ids[i]);
	values[1] = PointerGetDatum(tc_uuid_array(ids, rows->ids.count));
	plan_run_some(&expand_plans[kind], values, read_only, most + 1);
	if (SPI_processed > most)
		json_write_raise_too_large();
	if (expand_kinds[kind].counted != NULL)
		keep_counts(rows);
	else
		keep_objects(rows, schema_of(kind));
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Fetches the objects that some tasks refer to.  expanded: zero except for kinds; rows,
 * desc: with the columns of task_field_select_list(); links: of these tasks; read_only: as
 * for plan_run().  Raises 54000 for more than an answer has room for.  Needs an API call
 * in progress.
 */
void
task_expand_fetch(TaskExpanded *expanded, const pg_uuid_t *org_id, HeapTuple *rows, TupleDesc desc,
				  uint64 count, const TaskLinks *links, bool read_only)
{
	for (int kind = 0; kind < EXPAND_KINDS; kind++)
	{
		if ((expanded->kinds & ((uint32) 1 << kind)) == 0)
			continue;
		collect_ids(&expanded->rows[kind].ids, kind, rows, desc, count, links);
		fetch_kind(&expanded->rows[kind], kind, org_id, read_only);
	}
}

/* Returns the object with an id, or 0. */
static Datum
find_object(const ExpandedRows *rows, const pg_uuid_t *id)
{
	int			position = id_set_position(&rows->ids, id);

	return position < 0 ? (Datum) 0 : rows->objects[position];
}

static void
write_linked(JsonWriter *out, const ExpandedRows *rows, int field, const pg_uuid_t *task_id, const TaskLinks *links)
{
	int			kind = task_links_kind(field);

	json_write_open(out, '[');
	for (uint64 i = task_links_first(links, task_id, kind); task_links_is(links, i, task_id, kind); i++)
	{
		Datum		object = find_object(rows, &links->links[i].target_id);

		if (object != (Datum) 0)
			json_write_raw(out, object);
	}
	json_write_close(out, ']');
}

static void
write_referred(JsonWriter *out, const ExpandedRows *rows, int field, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		id = SPI_getbinval(tuple, desc, task_field_column(field), &isnull);
	Datum		object = isnull ? (Datum) 0 : find_object(rows, DatumGetUUIDP(id));

	if (object == (Datum) 0)
		json_write_null(out);
	else
		json_write_raw(out, object);
}

static void
write_count(JsonWriter *out, const ExpandedRows *rows, const pg_uuid_t *task_id)
{
	Datum		number = find_object(rows, task_id);

	json_write_raw(out, number == (Datum) 0 ? CStringGetTextDatum("0") : number);
}

/*
 * Writes the member "expanded" of a task, unless nothing is to be expanded.  expanded:
 * fetched; tuple, desc, links: the task.
 */
void
task_expand_write(JsonWriter *out, const TaskExpanded *expanded, HeapTuple tuple, TupleDesc desc,
				  const TaskLinks *links)
{
	bool		isnull;
	pg_uuid_t  *task_id = DatumGetUUIDP(SPI_getbinval(tuple, desc, 1, &isnull));

	if (expanded->kinds == 0)
		return;
	json_write_key(out, "expanded");
	json_write_open(out, '{');
	for (int kind = 0; kind < EXPAND_KINDS; kind++)
	{
		int			field = expand_kinds[kind].field;

		if ((expanded->kinds & ((uint32) 1 << kind)) == 0)
			continue;
		json_write_key(out, task_expand_key(kind));
		if (expand_kinds[kind].counted != NULL)
			write_count(out, &expanded->rows[kind], task_id);
		else if (is_link(kind))
			write_linked(out, &expanded->rows[kind], field, task_id, links);
		else
			write_referred(out, &expanded->rows[kind], field, tuple, desc);
	}
	json_write_close(out, '}');
}
