/*
 * event_trigger.c
 *		Records what statements change in the tables, for the API and direct DML alike.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "base/compat.h"
#include "db/changed_column.h"
#include "db/cluster.h"
#include "db/transition_rows.h"
#include "db/trigger_row.h"
#include "event/event_notify.h"
#include "event/event_record.h"
#include "identity/identity.h"
#include "identity/user_organization.h"
#include "task/own_column_type.h"
#include "task/task_bin.h"
#include "task/task_fields.h"
#include "task/task_link_trigger.h"
#include "task/task_restore.h"

PG_FUNCTION_INFO_V1(tc_record_event);

/* Of a longer text, an event has only what it was, so that each version is kept once. */
#define SHORT_TEXT 200

#define MAX_COLUMNS (TASK_MAX_FIELDS)

/* A column whose changes are recorded, and its key in an event. */
typedef struct EventColumn
{
	const char *column;
	const char *key;
	bool		always;			/* in each event, also if it is the same */
} EventColumn;

/* What the rows of a table are to the record. */
typedef struct EventSource
{
	const char *table;
	const char *id;				/* the column with the id of the subject */
	const char *task;			/* with its task; NULL for none */
	const char *member;			/* of a set of the subject: with the id that belongs to it */
	EventColumn columns[7];		/* for a task, the table of fields has them */
	EventNoun	noun;
	int			set;
} EventSource;

static const EventSource sources[] = {
	{.table = "task", .noun = EVENT_TASK, .id = "id", .task = "id"},
	{.table = "task_contact", .noun = EVENT_TASK, .id = "task_id", .member = "contact_id", .set = 0},
	{.table = "task_assignee", .noun = EVENT_TASK, .id = "task_id", .member = "user_id", .set = 1},
	{.table = "task_team", .noun = EVENT_TASK, .id = "task_id", .member = "team_id", .set = 2},
	{.table = "task_comment", .noun = EVENT_COMMENT, .id = "id", .task = "task_id",
	.columns = {{"comment", "comment"}}},
	{.table = "task_attachment", .noun = EVENT_ATTACHMENT, .id = "id", .task = "task_id",
	.columns = {{"file_name", "file_name"}, {"content_type", "content_type"}, {"size", "size"}, {"url", "url"}}},
	{.table = "account", .noun = EVENT_ACCOUNT, .id = "id",
	.columns = {{"name", "name"}}},
	{.table = "contact", .noun = EVENT_CONTACT, .id = "id",
		.columns = {{"first_name", "first_name"}, {"last_name", "last_name"}, {"email", "email"},
	{"account_id", "account"}}},
	{.table = "team", .noun = EVENT_TEAM, .id = "id",
	.columns = {{"name", "name"}}},
	{.table = "team_member", .noun = EVENT_TEAM, .id = "team_id", .member = "user_id", .set = 0},
	{.table = "member", .noun = EVENT_MEMBER, .id = "user_id",
	.columns = {{"role", "role"}, {"is_active", "is_active"}}},
	/* Who may see an event depends on with whom the view was shared. */
	{.table = "task_view", .noun = EVENT_VIEW, .id = "id",
		.columns = {{"name", "name"}, {"created_by", "owner", true}, {"shared_with", "shared_with", true}, {"filters", "filters"},
	{"group_by", "group_by"}, {"display", "display"}}},
};

/* The columns of a source in the trigger's table. */
typedef struct SourceColumns
{
	const EventSource *source;
	Relation	relation;
	int			org_id;
	int			id;
	int			task;			/* 0 for none */
	int			member;
	int			version;
	int			count;
	int			numbers[MAX_COLUMNS];
	const char *keys[MAX_COLUMNS];
	bool		always[MAX_COLUMNS];
} SourceColumns;

static const EventSource *
find_source(const char *table)
{
	for (int i = 0; i < (int) lengthof(sources); i++)
	{
		if (strcmp(sources[i].table, table) == 0)
			return &sources[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("function \"%s\" records no table \"%s\"", "record_event", table)));
}

/* Adds a column, unless somebody has dropped or renamed it. */
static void
add_column(SourceColumns *columns, const char *name, const char *key, bool always)
{
	int			number = SPI_fnumber(RelationGetDescr(columns->relation), name);

	if (number <= 0)
		return;
	columns->numbers[columns->count] = number;
	columns->always[columns->count] = always;
	columns->keys[columns->count++] = key;
}

static void
find_columns(SourceColumns *columns, const EventSource *source, Relation relation)
{
	memset(columns, 0, sizeof(*columns));
	columns->source = source;
	columns->relation = relation;
	columns->org_id = trigger_row_column(relation, "org_id", UUIDOID);
	columns->id = trigger_row_column(relation, source->id, UUIDOID);
	if (source->task != NULL)
		columns->task = trigger_row_column(relation, source->task, UUIDOID);
	if (source->member != NULL)
		columns->member = trigger_row_column(relation, source->member, UUIDOID);
	for (int i = 0; source->member == NULL && source->noun != EVENT_TASK && i < (int) lengthof(source->columns) &&
		 source->columns[i].column != NULL; i++)
		add_column(columns, source->columns[i].column, source->columns[i].key, source->columns[i].always);
	if (source->noun != EVENT_TASK || source->member != NULL)
		return;
	columns->version = trigger_row_column(relation, "version", INT4OID);
	for (int i = 0; i < task_field_count; i++)
	{
		if (task_fields[i].column != NULL && (task_fields[i].writable || task_fields[i].is_own))
			add_column(columns, task_fields[i].column, task_fields[i].key, false);
	}
}

/* --- the changes of a row --- */

static void
write_value(JsonWriter *out, Oid type, Datum value)
{
	const FieldType *field = own_column_type(type);
	Oid			output;
	bool		is_varlena;

	if (type == JSONBOID)
	{
		Jsonb	   *json = DatumGetJsonbP(value);

		json_write_raw(out, CStringGetTextDatum(JsonbToCString(NULL, &json->root, VARSIZE(json))));
		return;
	}
	if (field != NULL)
	{
		field->write_json(out, value);
		return;
	}
	getTypeOutputInfo(type, &output, &is_varlena);
	json_write_string(out, OidOutputFunctionCall(output, value));
}

/* Whether a value is a text, or JSON, that an event does not repeat. */
static bool
is_long(Oid type, Datum value)
{
	if (type == JSONBOID)
		return toast_raw_datum_size(value) - VARHDRSZ > SHORT_TEXT;
	/* A character has at least one byte; a long text is not read. */
	if (type != TEXTOID || toast_raw_datum_size(value) - VARHDRSZ <= SHORT_TEXT)
		return false;
	return toast_raw_datum_size(value) - VARHDRSZ > (Size) SHORT_TEXT * MAX_MULTIBYTE_CHAR_LEN ||
		pg_mbstrlen_with_len(VARDATA_ANY(DatumGetTextPP(value)), VARSIZE_ANY_EXHDR(DatumGetTextPP(value))) > SHORT_TEXT;
}

/* Writes {"from": ..., "to": ...} of one column; a slot is NULL where there is no row. */
static void
write_change(JsonWriter *out, const SourceColumns *columns, int place, TupleTableSlot *before, TupleTableSlot *after)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(columns->relation), columns->numbers[place] - 1);
	NullableDatum from = {.isnull = true};
	NullableDatum to = {.isnull = true};

	if (before != NULL)
		from.value = slot_getattr(before, columns->numbers[place], &from.isnull);
	if (after != NULL)
		to.value = slot_getattr(after, columns->numbers[place], &to.isnull);
	if (!columns->always[place] && !changed_value(attribute, from.value, from.isnull, to.value, to.isnull))
		return;
	json_write_key(out, columns->keys[place]);
	json_write_open(out, '{');
	if (before != NULL)
	{
		json_write_key(out, "from");
		if (from.isnull)
			json_write_null(out);
		else
			write_value(out, attribute->atttypid, from.value);
	}
	if (after != NULL && (to.isnull || !is_long(attribute->atttypid, to.value)))
	{
		json_write_key(out, "to");
		if (to.isnull)
			json_write_null(out);
		else
			write_value(out, attribute->atttypid, to.value);
	}
	json_write_close(out, '}');
}

static pg_uuid_t *
slot_uuid(const SourceColumns *columns, TupleTableSlot *slot, int column)
{
	return DatumGetUUIDP(trigger_row_slot_value(columns->relation, slot, column));
}

/* Returns whether a row that was updated differs in a column that is recorded. */
static bool
has_change(const SourceColumns *columns, TupleTableSlot *before, TupleTableSlot *after)
{
	for (int i = 0; i < columns->count; i++)
	{
		bool		old_null;
		bool		new_null;
		Datum		old_value = slot_getattr(before, columns->numbers[i], &old_null);
		Datum		new_value = slot_getattr(after, columns->numbers[i], &new_null);

		if (changed_value(TupleDescAttr(RelationGetDescr(columns->relation), columns->numbers[i] - 1),
						  old_value, old_null, new_value, new_null))
			return true;
	}
	return false;
}

/* Returns what happened to a row.  draft: with its task. */
static EventVerb
verb_of(const EventDraft *draft, bool is_there_before, bool is_there_after)
{
	if (is_there_before)
		return is_there_after ? EVENT_UPDATED : EVENT_DELETED;
	return task_restore_is_running(&draft->org_id, &draft->task_id) ? EVENT_RESTORED : EVENT_CREATED;
}

/* Returns a row, or NULL for a file in the bin: nobody sees that it is there. */
static TupleTableSlot *
living_row(const SourceColumns *columns, TupleTableSlot *slot)
{
	return slot != NULL && columns->source->noun == EVENT_ATTACHMENT && slot_attisnull(slot, columns->task) ? NULL : slot;
}

/* Drafts the event for a row.  An UPDATE that moves a file into the bin deletes it, for all that clients see. */
static void
draft_row(const SourceColumns *columns, TupleTableSlot *old_row, TupleTableSlot *new_row)
{
	TupleTableSlot *before = living_row(columns, old_row);
	TupleTableSlot *after = living_row(columns, new_row);
	TupleTableSlot *slot = after != NULL ? after : before;
	EventDraft *draft;
	JsonWriter	changes;
	bool		isnull;

	if (slot == NULL || (before != NULL && after != NULL && !has_change(columns, before, after)))
		return;
	draft = event_draft(columns->source->noun, slot_uuid(columns, slot, columns->org_id),
						slot_uuid(columns, slot, columns->id), true);
	if (columns->task > 0)
		draft->task_id = *slot_uuid(columns, slot, columns->task);
	draft->verb = verb_of(draft, before != NULL, after != NULL);
	if (columns->version > 0)
		draft->version = DatumGetInt32(slot_getattr(slot, columns->version, &isnull));
	json_write_begin_stored(&changes);
	for (int i = 0; i < columns->count; i++)
		write_change(&changes, columns, i, before, after);
	event_draft_changes(draft, &changes);
}

static void
draft_member(const SourceColumns *columns, TupleTableSlot *slot, bool is_removal)
{
	EventDraft *draft = event_draft(columns->source->noun, slot_uuid(columns, slot, columns->org_id),
									slot_uuid(columns, slot, columns->id), false);

	event_draft_set(draft, columns->source->set, slot_uuid(columns, slot, columns->member), is_removal);
}

/* Drafts what happened to a row, or to a link; nothing in an organization that is being deleted. */
static void
draft_change(const SourceColumns *columns, TupleTableSlot *before, TupleTableSlot *after)
{
	const pg_uuid_t *org_id = slot_uuid(columns, before != NULL ? before : after, columns->org_id);

	if (link_trigger_is_going(org_id))
		return;
	if (!event_is_recorded_here(org_id))
	{
		Datum		elsewhere = UUIDPGetDatum(org_id);

		event_notify(&elsewhere, 1);
		return;
	}
	if (columns->member == 0)
		draft_row(columns, before, after);
	else if (before == NULL || after == NULL ||
			 tc_uuid_compare(slot_uuid(columns, before, columns->member), slot_uuid(columns, after, columns->member)) != 0)
	{
		if (before != NULL)
			draft_member(columns, before, true);
		if (after != NULL)
			draft_member(columns, after, false);
	}
}

/* --- the rows of a statement --- */

static void
draft_rows(const SourceColumns *columns, const TriggerData *data)
{
	TransitionRows old_rows;
	TransitionRows new_rows;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "row of an event", ALLOCSET_DEFAULT_SIZES);

	transition_rows_begin(&old_rows, columns->relation, data->tg_oldtable);
	transition_rows_begin(&new_rows, columns->relation, data->tg_newtable);
	for (;;)
	{
		TupleTableSlot *before = transition_rows_next(&old_rows);
		TupleTableSlot *after = transition_rows_next(&new_rows);
		MemoryContext caller;

		if (before == NULL && after == NULL)
			break;
		event_record_relieve();
		caller = MemoryContextSwitchTo(scratch);
		draft_change(columns, before, after);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(scratch);
	}
	MemoryContextDelete(scratch);
	transition_rows_end(&old_rows);
	transition_rows_end(&new_rows);
}

/* --- users --- */

/* Drafts that the name or the email of a member has changed.  What they were and are would outlive the person. */
static void
draft_user(const pg_uuid_t *org_id, const pg_uuid_t *user_id, bool has_name, bool has_email)
{
	JsonWriter	changes;

	if (!event_is_recorded_here(org_id))
		return;
	json_write_begin_stored(&changes);
	for (int i = 0; i < 2; i++)
	{
		if (!(i == 0 ? has_name : has_email))
			continue;
		json_write_key(&changes, i == 0 ? "name" : "email");
		json_write_open(&changes, '{');
		json_write_close(&changes, '}');
	}
	event_draft_changes(event_draft(EVENT_MEMBER, org_id, user_id, false), &changes);
}

static bool
has_changed(Relation relation, const char *name, TupleTableSlot *before, TupleTableSlot *after)
{
	int			column = SPI_fnumber(RelationGetDescr(relation), name);
	NullableDatum from;
	NullableDatum to;

	if (column <= 0)
		return false;
	from.value = slot_getattr(before, column, &from.isnull);
	to.value = slot_getattr(after, column, &to.isnull);
	return changed_value(TupleDescAttr(RelationGetDescr(relation), column - 1), from.value, from.isnull, to.value, to.isnull);
}

/* Drafts an event in each organization of each user whose name or email has changed. */
static void
draft_users(const TriggerData *data)
{
	int			id = trigger_row_column(data->tg_relation, "id", UUIDOID);
	TransitionRows old_rows;
	TransitionRows new_rows;
	TupleTableSlot *before;

	transition_rows_begin(&old_rows, data->tg_relation, data->tg_oldtable);
	transition_rows_begin(&new_rows, data->tg_relation, data->tg_newtable);
	while ((before = transition_rows_next(&old_rows)) != NULL)
	{
		TupleTableSlot *after = transition_rows_next(&new_rows);
		bool		has_name = has_changed(data->tg_relation, "name", before, after);
		bool		has_email = has_changed(data->tg_relation, "email", before, after);
		pg_uuid_t	user_id = *DatumGetUUIDP(trigger_row_slot_value(data->tg_relation, after, id));
		pg_uuid_t  *orgs;
		int			count = has_name || has_email ? user_organizations(&orgs, &user_id) : 0;

		event_record_relieve();
		for (int i = 0; i < count; i++)
			draft_user(&orgs[i], &user_id, has_name, has_email);
	}
	transition_rows_end(&old_rows);
	transition_rows_end(&new_rows);
}

/* Holds the users of new members, so that a name that changes meanwhile is told in their organization. */
static void
hold_users(const SourceColumns *columns, const TriggerData *data)
{
	TransitionRows rows;
	TupleTableSlot *slot;

	transition_rows_begin(&rows, columns->relation, data->tg_newtable);
	while ((slot = transition_rows_next(&rows)) != NULL)
		user_hold(slot_uuid(columns, slot, columns->id));
	transition_rows_end(&rows);
}

/* Deletes the events and deleted tasks of an organization that is gone, where they are. */
static void
forget_organization(const pg_uuid_t *org_id)
{
	Identity	place = {.has_org = true, .org_id = *org_id};
	bool		is_cluster = cluster_is_distributed();

	if (!event_is_recorded_here(org_id))
		return;
	if (is_cluster)
		identity_pin(&place);
	event_record_forget(org_id);
	task_bin_forget(org_id);
	if (is_cluster)
		identity_unpin();
}

static void
forget_organizations(const TriggerData *data)
{
	int			id = trigger_row_column(data->tg_relation, "id", UUIDOID);
	TransitionRows rows;
	TupleTableSlot *slot;

	transition_rows_begin(&rows, data->tg_relation, data->tg_oldtable);
	while ((slot = transition_rows_next(&rows)) != NULL)
	{
		pg_uuid_t	org_id = *DatumGetUUIDP(trigger_row_slot_value(data->tg_relation, slot, id));

		forget_organization(&org_id);
	}
	transition_rows_end(&rows);
}

/*
 * Whether the session loads a dump, which has the events as well.  All that pg_dump writes
 * begins with these two settings.
 */
static bool
is_restore(void)
{
	return !row_security && !check_function_bodies;
}

/*
 * record_event(table) returns trigger
 *
 * Fires after each statement that inserts, updates or deletes rows, with transition
 * tables.  table: the name that tc_install() gave the table.
 */
Datum
tc_record_event(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	SourceColumns columns;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) || data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called by a trigger after a statement, with one argument",
						"record_event")));
	if (is_restore())
		return PointerGetDatum(NULL);
	if (strcmp(data->tg_trigger->tgargs[0], "organization") == 0)
	{
		forget_organizations(data);
		return PointerGetDatum(NULL);
	}
	if (strcmp(data->tg_trigger->tgargs[0], "app_user") == 0)
	{
		event_scope_begin();
		draft_users(data);
		event_scope_end();
		return PointerGetDatum(NULL);
	}
	find_columns(&columns, find_source(data->tg_trigger->tgargs[0]), data->tg_relation);
	if (columns.source->noun == EVENT_MEMBER && TRIGGER_FIRED_BY_INSERT(data->tg_event))
		hold_users(&columns, data);
	event_scope_begin();
	draft_rows(&columns, data);
	event_scope_end();
	return PointerGetDatum(NULL);
}
