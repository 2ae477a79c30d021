/*
 * task_input.c
 *		Reads the data that a caller sends to create or update a task.
 *
 * The table of fields defines what may be sent and how it is checked.  Whether references
 * exist is checked in task_refs.c.
 */
#include "postgres.h"

#include <limits.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/character.h"
#include "task/task_input.h"
#include "task/task_links.h"
#include "wire/datetime.h"
#include "wire/json_read.h"

typedef struct DataReader
{
	TaskInput   *data;
	TaskInputUse use;
	const char *object;
} DataReader;

/* A set that is read, and the key that contains it. */
typedef struct PartialSet
{
	TaskInput  *data;
	int			kind;
	const JsonReadKey *key;
} PartialSet;

/* Reads a set of ids: null means the empty set, and duplicates are removed. */
static void
read_set(IdSet *set, const JsonReadKey *key, const JsonbValue *value)
{
	char	  **strings = NULL;
	int			count = 0;
	pg_uuid_t  *ids;

	if (value->type != jbvNull)
		count = json_read_array(key, value, &strings);
	ids = palloc(sizeof(pg_uuid_t) * Max(count, 1));
	for (int i = 0; i < count; i++)
		field_read_uuid(key, strings[i], &ids[i]);
	id_set_make(set, ids, count);
}

static void
read_partial_member(void *state, const char *name, const JsonbValue *value)
{
	PartialSet *partial = state;
	IdSet	   *set;

	if (strcmp(name, "add") == 0)
		set = &partial->data->links[partial->kind];
	else if (strcmp(name, "remove") == 0)
		set = &partial->data->removed[partial->kind];
	else
		json_read_invalid(partial->key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("The object has an unknown key \"%s\".", json_read_clip(name)),
						  "Valid keys are add and remove.");
	read_set(set, partial->key, value);
}

/* Raises 22023 if an id is to be both added and removed. */
static void
refuse_contradiction(const JsonReadKey *key, const IdSet *added, const IdSet *removed)
{
	const pg_uuid_t *id = id_set_common(added, removed);
	char		text[TC_UUID_TEXT_LEN + 1];

	if (id == NULL)
		return;
	tc_uuid_format(id, text);
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("%s is both in add and in remove.", text), NULL);
}

/* Reads a whole set of links, or in an update an object with links to add and to remove. */
static void
read_links(DataReader *reader, const JsonReadKey *key, int kind, const JsonbValue *value)
{
	TaskInput  *data = reader->data;
	PartialSet	partial = {.data = data, .kind = kind, .key = key};

	data->is_partial[kind] = reader->use == TASK_INPUT_UPDATE &&
		value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data);
	if (!data->is_partial[kind])
	{
		read_set(&data->links[kind], key, value);
		return;
	}
	json_read_object(value->val.binary.data, key->key, read_partial_member, &partial);
	refuse_contradiction(key, &data->links[kind], &data->removed[kind]);
}

/* Reads the value of a read-only field, to compare it with the current one. */
static void
read_shown(TaskInput *data, const JsonReadKey *key, int place, const JsonbValue *value)
{
	data->sent[place] = true;
	data->isnull[place] = value->type == jbvNull;
	if (!data->isnull[place])
		data->values[place] = task_fields[place].type->read(key, &task_fields[place], value);
}

/* Reads a field that only a new task may bring; null or empty means none. */
static void
read_at_creation(TaskInput *data, const JsonReadKey *key, int place, const JsonbValue *value)
{
	data->sent[place] = !json_read_is_empty(value);
	if (data->sent[place])
		data->values[place] = task_fields[place].type->read(key, &task_fields[place], value);
}

static void
read_field(DataReader *reader, const JsonReadKey *key, int place, const JsonbValue *value)
{
	const TaskField *field = &task_fields[place];
	TaskInput   *data = reader->data;

	data->sent[place] = true;
	if (field->link_table != NULL)
	{
		read_links(reader, key, task_links_kind(place), value);
		return;
	}

	/* A form sends an empty string if no date or account is chosen. */
	data->isnull[place] = field->type->empty_is_null ? json_read_is_empty(value) : value->type == jbvNull;
	if (!data->isnull[place])
		data->values[place] = field->type->read(key, field, value);
	else if (field->labels != NULL && reader->use == TASK_INPUT_CREATE)
		data->sent[place] = false;	/* the default, as when absent */
	else if (field->required)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be null.", NULL);
}

/* Reads a key that is not a field; returns false for an unknown key. */
static bool
read_other(DataReader *reader, const JsonReadKey *key, const JsonbValue *value)
{
	TaskInput   *data = reader->data;

	if (reader->use == TASK_INPUT_UPDATE && strcmp(key->key, "version") == 0)
	{
		data->sent[TASK_VERSION] = value->type != jbvNull;
		if (data->sent[TASK_VERSION])
			data->version = json_read_integer(key, value, INT_MAX);
		return true;
	}
	/* Parts of what was read, with expand or when it was restored; the ids beside them are what counts. */
	if (reader->use == TASK_INPUT_UPDATE && (strcmp(key->key, "expanded") == 0 || strcmp(key->key, "missing") == 0))
		return true;
	if (reader->use == TASK_INPUT_CREATE && strcmp(key->key, "attachments") == 0)
	{
		if (value->type == jbvNull)
			return true;
		if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected an array of objects.", NULL);
		data->attachments = value->val.binary.data;
		return true;
	}
	return false;
}

static void
read_input_member(void *state, const char *name, const JsonbValue *value)
{
	DataReader *reader = state;
	JsonReadKey	key = {.object = reader->object, .key = name};
	int			place = task_field_by_key(name);

	if (place >= 0 && task_fields[place].writable)
		read_field(reader, &key, place, value);
	else if (read_other(reader, &key, value))
		return;
	else if (place >= 0 && task_fields[place].at_creation && reader->use == TASK_INPUT_CREATE)
		read_at_creation(reader->data, &key, place, value);
	else if (place >= 0 && reader->use == TASK_INPUT_UPDATE)
		read_shown(reader->data, &key, place, value);
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_read_clip(name), reader->object),
				 errhint("Valid keys are %s, %s.", task_field_writable_list(),
						 reader->use == TASK_INPUT_CREATE ? "attachments, id" : "version")));
}

tc_noreturn static void
refuse_missing(const char *object, const char *name)
{
	JsonReadKey	key = {.object = object, .key = name};

	json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It is required.", NULL);
}

/* Raises 22023 if a new task lacks a value that the table has no default for. */
static void
require_own_columns(const TaskInput *data, const char *object)
{
	for (int i = TASK_FIELDS; i < task_field_count; i++)
	{
		if (task_fields[i].writable && task_fields[i].required && !task_fields[i].has_default && !data->sent[i])
			refuse_missing(object, task_fields[i].key);
	}
}

/*
 * Reads the data of a task.  json: the object; object: its name in messages, such as
 * task_data.  Raises 22023, 22007 or 22P02, naming the key.
 */
void
task_input_read(TaskInput *data, JsonbContainer *json, const char *object, TaskInputUse use)
{
	DataReader	reader = {.data = data, .use = use, .object = object};

	memset(data, 0, sizeof(*data));
	json_read_object(json, object, read_input_member, &reader);
	if (use != TASK_INPUT_CREATE)
		return;
	if (!data->sent[TASK_TITLE])
		refuse_missing(object, "title");
	require_own_columns(data, object);
}
