/*
 * view.c
 *		Reads the views that callers send.
 *
 * The filters of a view are read as those of a list, so that a view that is kept is one
 * that a list can use.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/character.h"
#include "base/compat.h"
#include "task/group_kind.h"
#include "task/list_filter_spec.h"
#include "task/view.h"
#include "wire/json_read.h"

#define VIEW_DATA "view_data"

static const struct
{
	const char *key;
	bool		nullable;
}			view_keys[VIEW_KEYS] = {
	[VIEW_NAME] = {"name", false},
	[VIEW_SHARED_WITH] = {"shared_with", false},
	[VIEW_FILTERS] = {"filters", false},
	[VIEW_GROUP_BY] = {"group_by", true},
	[VIEW_DISPLAY] = {"display", true}
};

typedef struct ViewReader
{
	ViewData   *data;
	bool		is_new;
	const Identity *identity;
} ViewReader;

tc_noreturn static void
refuse_view_value(const JsonReadKey *key, const char *detail, const char *hint)
{
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, detail, hint);
}

static Datum
read_view_name(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *name = json_read_string(key, value);

	if (text_is_blank(name, (int) strlen(name)))
		refuse_view_value(key, "It must not be blank.", NULL);
	if (pg_mbstrlen(name) > VIEW_MAX_NAME)
		refuse_view_value(key, psprintf("It is longer than %d characters.", VIEW_MAX_NAME), NULL);
	return CStringGetTextDatum(name);
}

static Datum
read_shared_with(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *word = json_read_string(key, value);

	if (strcmp(word, "me") != 0 && strcmp(word, "team") != 0 && strcmp(word, "organization") != 0)
		refuse_view_value(key, psprintf("\"%s\" is not a valid value.", json_read_clip(word)),
						  "Valid values are me, team and organization.");
	return CStringGetTextDatum(word);
}

static void
check_size(const JsonReadKey *key, Jsonb *json)
{
	if (json_read_is_longer(json, VIEW_MAX_SIZE))
		refuse_view_value(key, psprintf("It is larger than %d bytes.", VIEW_MAX_SIZE), NULL);
}

/* Returns an object as jsonb. */
static Jsonb *
read_view_object(const JsonReadKey *key, const JsonbValue *value)
{
	JsonbValue	copy = *value;
	Jsonb	   *json;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_view_value(key, "Expected an object.", NULL);
	json = JsonbValueToJsonb(&copy);
	check_size(key, json);
	return json;
}

/* Refuses what says which page of a list is wanted, and another view. */
static void
refuse_page_key(void *state, const char *name, const JsonbValue *value)
{
	const JsonReadKey *key = state;

	if (strcmp(name, "view") == 0 || strcmp(name, "cursor") == 0 || strcmp(name, "offset") == 0)
		refuse_view_value(key, psprintf("A view has no filter \"%s\".", name), "Send it with the list that uses the view.");
}

/*
 * Returns filters in which a tree of conditions that was sent as a text is an object, so that
 * view_store_count_of_column() finds the columns that it names.  json: valid filters.
 */
static Jsonb *
with_tree_as_object(Jsonb *json)
{
	const char *name = list_filter_key(FILTER_WHERE);
	JsonbValue	tree;
	char	   *member;

	if (getKeyJsonValueFromContainer(&json->root, name, (int) strlen(name), &tree) == NULL || tree.type != jbvString ||
		json_read_is_empty(&tree))
		return json;
	member = psprintf("{\"%s\": %s}", name, pnstrdup(tree.val.string.val, tree.val.string.len));
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(json),
											  DirectFunctionCall1(jsonb_in, CStringGetDatum(member))));
}

static Datum
read_view_filters(const ViewReader *reader, const JsonReadKey *key, const JsonbValue *value)
{
	Jsonb	   *json = read_view_object(key, value);
	JsonReadKey copy = *key;
	TaskFilters filters;

	json_read_object(&json->root, key->key, refuse_page_key, &copy);
	list_filter_read(&filters, json, reader->identity);
	json = with_tree_as_object(json);
	check_size(key, json);
	return JsonbPGetDatum(json);
}

static Datum
read_view_group_by(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *name = json_read_string(key, value);
	Grouping	grouping;

	if (!group_kind_find(&grouping, name))
		refuse_view_value(key, psprintf("Tasks cannot be grouped by \"%s\".", json_read_clip(name)),
						  psprintf("Valid values are %s.", group_kind_names(", ")));
	return CStringGetTextDatum(name);
}

static Datum
read_view_value(const ViewReader *reader, ViewKey number, const JsonReadKey *key, const JsonbValue *value)
{
	switch (number)
	{
		case VIEW_NAME:
			return read_view_name(key, value);
		case VIEW_SHARED_WITH:
			return read_shared_with(key, value);
		case VIEW_FILTERS:
			return read_view_filters(reader, key, value);
		case VIEW_GROUP_BY:
			return read_view_group_by(key, value);
		case VIEW_DISPLAY:
		case VIEW_KEYS:
			break;
	}
	return JsonbPGetDatum(read_view_object(key, value));
}

tc_noreturn static void
refuse_view_key(const char *name)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < VIEW_KEYS; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", view_keys[i].key);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in %s", json_read_clip(name), VIEW_DATA),
			 errhint("Valid keys are %s.", list.data)));
}

static void
read_view_key(void *state, const char *name, const JsonbValue *value)
{
	ViewReader *reader = state;
	JsonReadKey key = {.object = VIEW_DATA, .key = name};
	int			i = 0;

	while (i < VIEW_KEYS && strcmp(view_keys[i].key, name) != 0)
		i++;
	if (i == VIEW_KEYS)
	{
		if (reader->is_new || !row_has_field(&view_schema, name))
			refuse_view_key(name);
		reader->data->is_sent_back = true;
		return;
	}
	if (value->type == jbvNull && !view_keys[i].nullable)
		refuse_view_value(&key, "It must not be null.", NULL);
	reader->data->sent[i] = true;
	reader->data->values[i].isnull = value->type == jbvNull;
	if (value->type != jbvNull)
		reader->data->values[i].value = read_view_value(reader, i, &key, value);
}

static void
set_view_default(ViewData *data, ViewKey key, Datum value)
{
	if (!data->sent[key])
		data->values[key] = (NullableDatum) {.value = value};
}

/*
 * Reads a view, or changes of one.  is_new: the name is required, and what is not sent gets
 * its default.  Otherwise keys that clients only read are noted, for the caller to compare.
 * Raises 22023, 22007 or 22P02.  Needs an API call in progress.
 */
void
view_read_data(ViewData *data, Jsonb *json, bool is_new, const Identity *identity)
{
	ViewReader	reader = {.data = data, .is_new = is_new, .identity = identity};
	JsonReadKey key = {.object = VIEW_DATA, .key = view_keys[VIEW_NAME].key};
	JsonbValue	empty;

	memset(data, 0, sizeof(*data));
	for (int i = 0; i < VIEW_KEYS; i++)
		data->values[i].isnull = true;
	json_read_object(&json->root, VIEW_DATA, read_view_key, &reader);
	if (!is_new)
		return;
	if (!data->sent[VIEW_NAME])
		refuse_view_value(&key, "It is required.", NULL);
	memset(&empty, 0, sizeof(empty));
	empty.type = jbvObject;
	set_view_default(data, VIEW_SHARED_WITH, CStringGetTextDatum("me"));
	set_view_default(data, VIEW_FILTERS, JsonbPGetDatum(JsonbValueToJsonb(&empty)));
}
