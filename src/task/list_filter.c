/*
 * list_filter.c
 *		Reads the filters of a list of tasks and how it is paged.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/builtins.h"

#include "base/settings.h"
#include "base/sqlstate.h"
#include "task/list_filter.h"
#include "task/list_filter_spec.h"
#include "task/list_own.h"
#include "task/view_merge.h"
#include "task/view_store.h"


tc_noreturn static void
unknown_key(const char *key)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < FILTER_KEYS; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", list_filter_specs[i].key);
	list_own_append_keys(&list);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown filter \"%s\"", json_read_clip(key)),
			 errhint("Valid filters are %s.", list.data)));
}

/* Records what was sent; it is read in the order of the specs. */
static void
note_sent(void *state, const char *key, const JsonbValue *value)
{
	FilterReader *reader = state;

	for (int i = 0; i < FILTER_KEYS; i++)
	{
		if (strcmp(list_filter_specs[i].key, key) == 0)
		{
			reader->is_sent[i] = !json_read_is_empty(value);
			reader->sent[i] = *value;
			return;
		}
	}
	if (!list_own_note(reader->filters, key, value))
		unknown_key(key);
}

static void
read_filter_key(FilterReader *reader, int key)
{
	if (!reader->is_sent[key])
		return;
	reader->key.key = list_filter_specs[key].key;
	reader->filter = &reader->filters->filters[key];
	list_filter_specs[key].read(reader, &reader->sent[key]);
}

/* Returns the filters of the view that is sent.  Raises 22P02, PT404. */
static Jsonb *
get_filters_of_view(FilterReader *reader)
{
	JsonReadKey key = {.key = list_filter_specs[FILTER_VIEW].key};
	pg_uuid_t	id;
	Jsonb	   *filters;

	field_read_uuid(&key, json_read_string(&key, &reader->sent[FILTER_VIEW]), &id);
	filters = view_store_filters(&reader->identity->org_id, &id);
	if (filters == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TC_NOT_FOUND),
				 errmsg("view not found")));
	return filters;
}

/* Adds the filters of the view to those that were sent. */
static void
note_view(FilterReader *reader, Jsonb *json)
{
	Jsonb	   *merged = view_merge(get_filters_of_view(reader), json, &reader->of_view);

	memset(reader->is_sent, 0, sizeof(reader->is_sent));
	reader->filters->nown = 0;
	json_read_object(&merged->root, "filters", note_sent, reader);
}

/* Returns whether a filter was sent, and is not of the view alone. */
static bool
is_sent_by_list(Jsonb *json, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(&json->root, name, (int) strlen(name), value) != NULL && !json_read_is_empty(value);
}

/* Returns what was sent as a filter, without what a view has added, as a text for links. */
static int
get_sent_texts(Jsonb *json, const char *name, char **texts, int ntexts)
{
	JsonbValue	value;

	if (!is_sent_by_list(json, name, &value))
		return 0;
	if (value.type == jbvString)
		texts[0] = pnstrdup(value.val.string.val, value.val.string.len);
	if (value.type == jbvBinary && JsonContainerIsObject(value.val.binary.data))
		texts[0] = JsonbToCString(NULL, value.val.binary.data, value.val.binary.len);
	return ntexts;
}

/* Links contain the view, and not its filters.  Its limit is that of a list alone. */
static void
forget_view(TaskFilters *filters, Jsonb *json)
{
	JsonbValue	limit;

	for (int key = 0; key < FILTER_KEYS; key++)
	{
		TaskFilter *filter = &filters->filters[key];

		if (filter->ntexts > 0)
			filter->ntexts = get_sent_texts(json, list_filter_specs[key].key, filter->texts, filter->ntexts);
	}
	for (int own = 0; own < filters->nown; own++)
		filters->own[own].ntexts = get_sent_texts(json, filters->own[own].key, filters->own[own].texts,
												  filters->own[own].ntexts);
	filters->limit_given = is_sent_by_list(json, list_filter_key(FILTER_LIMIT), &limit);
}

static uint64
hash_text(const char *text, uint64 seed)
{
	return hash_bytes_extended((const unsigned char *) text, (int) strlen(text), seed);
}

/*
 * Returns a number that almost always differs between lists of other tasks or in another
 * order.  It depends on the text that was sent and not on its meaning: "today" changes at
 * midnight, but the list continues.
 */
uint64
list_filter_fingerprint(const TaskFilters *filters)
{
	uint64		hash = list_order_code(&filters->order);

	for (int own = 0; own < filters->nown; own++)
	{
		const OwnFilter *filter = &filters->own[own];

		hash = hash_text(filter->key, hash);
		for (int i = 0; i < filter->ntexts; i++)
			hash = hash_text(filter->texts[i], hash);
	}

	/* From FILTER_COUNT on, keys say how tasks are listed, and not which. */
	for (int key = 0; key < FILTER_COUNT; key++)
	{
		const TaskFilter *filter = &filters->filters[key];

		for (int i = 0; i < filter->ntexts; i++)
			hash = hash_text(filter->texts[i], hash * 64 + (uint64) key);
	}
	return hash;
}

/* The cursor must match the other filters, in the texts that were sent. */
static void
read_cursor(const FilterReader *reader)
{
	TaskFilters *filters = reader->filters;
	JsonReadKey key = {.key = list_filter_specs[FILTER_CURSOR].key};

	if (filters->sent_cursor == NULL)
		return;
	if (reader->is_sent[FILTER_OFFSET])
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It cannot be combined with offset.", "Omit offset.");
	list_cursor_refuse(&key, list_cursor_read(&filters->cursor, &filters->order, list_filter_fingerprint(filters),
											  filters->sent_cursor));
}

/*
 * Reads the filters of a list.  json: NULL for none; identity: of the caller, for "@me".
 * Raises 22023, 22007 or 22P02, naming the key.
 */
void
list_filter_read(TaskFilters *filters, Jsonb *json, const Identity *identity)
{
	FilterReader reader = {.filters = filters, .identity = identity};

	memset(filters, 0, sizeof(*filters));
	list_order_by_created_on(&filters->order);
	filters->zone = settings_zone();
	filters->limit = Min(10, settings_max_limit);

	if (json == NULL)
		return;
	json_read_object(&json->root, "filters", note_sent, &reader);
	if (reader.is_sent[FILTER_VIEW])
		note_view(&reader, json);
	/* Days depend on the time zone and terms on accents, so these are read first. */
	read_filter_key(&reader, FILTER_TIME_ZONE);
	read_filter_key(&reader, FILTER_ACCENTS);
	list_own_read(filters);
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (key != FILTER_TIME_ZONE && key != FILTER_ACCENTS)
			read_filter_key(&reader, key);
	}
	if (reader.is_sent[FILTER_VIEW])
		forget_view(filters, json);
	read_cursor(&reader);
}
