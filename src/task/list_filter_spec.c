/*
 * list_filter_spec.c
 *		The filters of lists of tasks.
 *
 * One table defines for every key how it is read and which SQL condition it becomes.  A
 * filter has up to four variants of its condition, usually one for a single value and one
 * for several.  The variant is part of the list query's key, because the best plans
 * differ.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/settings.h"
#include "base/time_zone.h"
#include "search/search_sample.h"
#include "task/list_date.h"
#include "task/list_filter_spec.h"
#include "task/list_tree.h"
#include "task/task_expand.h"
#include "task/task_fields.h"
#include "task/task_label.h"
#include "wire/datetime.h"

static void read_term(FilterReader *reader, const JsonbValue *value);
static void read_search(FilterReader *reader, const JsonbValue *value);
static void read_status(FilterReader *reader, const JsonbValue *value);
static void read_priority(FilterReader *reader, const JsonbValue *value);
static void read_uuids(FilterReader *reader, const JsonbValue *value);
static void read_users(FilterReader *reader, const JsonbValue *value);
static void read_date_filter(FilterReader *reader, const JsonbValue *value);
static void read_from(FilterReader *reader, const JsonbValue *value);
static void read_until(FilterReader *reader, const JsonbValue *value);
static void read_overdue(FilterReader *reader, const JsonbValue *value);
static void read_yes_or_no(FilterReader *reader, const JsonbValue *value);
static void read_where(FilterReader *reader, const JsonbValue *value);
static void read_view(FilterReader *reader, const JsonbValue *value);
static void read_time_zone(FilterReader *reader, const JsonbValue *value);
static void read_accents(FilterReader *reader, const JsonbValue *value);
static void read_count(FilterReader *reader, const JsonbValue *value);
static void read_totals_too(FilterReader *reader, const JsonbValue *value);
static void read_expand(FilterReader *reader, const JsonbValue *value);
static void read_ordering(FilterReader *reader, const JsonbValue *value);
static void read_limit(FilterReader *reader, const JsonbValue *value);
static void read_page_offset(FilterReader *reader, const JsonbValue *value);
static void read_list_cursor(FilterReader *reader, const JsonbValue *value);

#define ONE_OR_ANY_UUID {UUIDOID, UUIDARRAYOID}
#define IS_OPEN "t.status <> 'Completed'::taskcrm.task_status"

/* op, contains: the operator, and the function that is the same without an index. */
#define TITLE_CONDITIONS(op, contains) { \
	"t.title OPERATOR(taskcrm." op ") $?", \
	"taskcrm_internal." contains "(t.title, $?)" \
}
#define IN_TITLE_OR_IDS(op) "(t.title OPERATOR(taskcrm." op ") $? OR t.id = ANY ($!))"
#define SEARCH_CONDITIONS(op, contains) { \
	[SEARCH_FEW_IDS] = IN_TITLE_OR_IDS(op), \
	[SEARCH_EACH_ROW] = "(taskcrm_internal." contains "(t.title, $?) OR taskcrm_internal." contains "(t.description, $?))", \
	[SEARCH_SOME_IDS] = IN_TITLE_OR_IDS(op), \
	[SEARCH_BY_INDEX] = "t.id IN (SELECT s.id FROM taskcrm.task s WHERE s.org_id = $1 AND s.title OPERATOR(taskcrm." op ") $?" \
	" UNION ALL SELECT x.task_id FROM taskcrm_internal.task_text x" \
	" WHERE x.org_id = $1 AND x.description OPERATOR(taskcrm." op ") $?)" \
}
#define HAS_ASSIGNEE \
	"EXISTS (SELECT FROM taskcrm.task_assignee l WHERE l.org_id = $1 AND l.task_id = t.id)"

const FilterSpec list_filter_specs[FILTER_KEYS] = {
	/* The second variant is for a common term: a condition that no index supports. */
	[FILTER_TITLE] = {"title", read_term, {TEXTOID, TEXTOID},
	TITLE_CONDITIONS("@~", "text_contains"),
	.unaccented = TITLE_CONDITIONS("@~~", "text_contains_unaccented"),
	.in_lists_only = true,
	.doc = "Tasks whose title contains this, in any case."},
	/* What is open is said literally, which leads to the indexes over open tasks. */
	[FILTER_STATUS] = {"status", read_status, {TEXTOID, TEXTARRAYOID, BOOLOID, TEXTOID},
		{[STATUS_ONE] = "t.status = $?::taskcrm.task_status",
			[STATUS_ANY] = "t.status = ANY ($?::taskcrm.task_status[])",
			[STATUS_OPEN] = IS_OPEN,
	[STATUS_ONE_OPEN] = "(t.status = $?::taskcrm.task_status AND " IS_OPEN ")"},
	.doc = "Tasks with any of these statuses; open is every status but Completed. A part of a status matches too."},
	[FILTER_PRIORITY] = {"priority", read_priority, {TEXTOID, TEXTARRAYOID},
	{"t.priority = $?::taskcrm.task_priority", "t.priority = ANY ($?::taskcrm.task_priority[])"},
	.doc = "Tasks with any of these priorities. A part of a priority matches too."},
	[FILTER_ASSIGNED_TO] = {"assigned_to", read_users, ONE_OR_ANY_UUID, {NULL}, TASK_ASSIGNED_TO,
	.doc = "Tasks that are assigned to any of these users; @me is the caller."},
	[FILTER_ACCOUNT] = {"account", read_uuids, ONE_OR_ANY_UUID,
	{"t.account_id = $?", "t.account_id = ANY ($?)"},
	.doc = "Tasks about any of these accounts."},
	[FILTER_DUE_DATE] = {"due_date", read_date_filter, {DATEOID}, {"t.due_date = $?"},
	.doc = "Tasks that are due on this day."},
	[FILTER_CONTACT] = {"contact", read_uuids, ONE_OR_ANY_UUID, {NULL}, TASK_CONTACTS,
	.doc = "Tasks about any of these contacts."},
	[FILTER_TEAM] = {"team", read_uuids, ONE_OR_ANY_UUID, {NULL}, TASK_TEAMS,
	.doc = "Tasks that are assigned to any of these teams."},
	[FILTER_CREATED_BY] = {"created_by", read_users, ONE_OR_ANY_UUID,
	{"t.created_by = $?", "t.created_by = ANY ($?)"},
	.doc = "Tasks that any of these users created; @me is the caller."},
	[FILTER_SEARCH] = {"search", read_search, {TEXTOID, TEXTOID},
	SEARCH_CONDITIONS("@~", "text_contains"),
	.unaccented = SEARCH_CONDITIONS("@~~", "text_contains_unaccented"),
	.in_lists_only = true,
	.doc = "Tasks whose title or description contains this, in any case."},
	[FILTER_DUE_DATE_GTE] = {"due_date__gte", read_date_filter, {DATEOID}, {"t.due_date >= $?"},
	.by_due_date = true,
	.doc = "Tasks that are due on this day or later."},
	[FILTER_DUE_DATE_LTE] = {"due_date__lte", read_date_filter, {DATEOID}, {"t.due_date <= $?"},
	.by_due_date = true,
	.doc = "Tasks that are due on this day or earlier."},
	[FILTER_CREATED_ON_GTE] = {"created_on__gte", read_from, {TIMESTAMPTZOID}, {"t.created_on >= $?"},
	.doc = "Tasks that were created at this time or on this day, or later."},
	/* The second variant is for a date: up to the beginning of the next day. */
	[FILTER_CREATED_ON_LTE] = {"created_on__lte", read_until, {TIMESTAMPTZOID, TIMESTAMPTZOID},
	{"t.created_on <= $?", "t.created_on < $?"},
	.doc = "Tasks that were created at this time or on this day, or earlier."},
	[FILTER_OVERDUE] = {"overdue", read_overdue, {DATEOID, DATEOID},
		{"(t.due_date < $? AND " IS_OPEN ")",
		"(t.due_date >= $? OR t.due_date IS NULL OR t.status = 'Completed'::taskcrm.task_status)"},
	.by_due_date = true,
	.doc = "Whether tasks are open and were due before today."},
	/* These two need no value: the variant determines the condition. */
	[FILTER_NO_DUE_DATE] = {"no_due_date", read_yes_or_no, {BOOLOID, BOOLOID},
	{"t.due_date IS NULL", "t.due_date IS NOT NULL"},
	.doc = "Whether tasks have no due date."},
	[FILTER_UNASSIGNED] = {"unassigned", read_yes_or_no, {BOOLOID, BOOLOID},
	{"NOT " HAS_ASSIGNEE, HAS_ASSIGNEE},
	.doc = "Whether tasks have no assignee."},
	[FILTER_UPDATED_ON_GTE] = {"updated_on__gte", read_from, {TIMESTAMPTZOID}, {"t.updated_on >= $?"},
	.doc = "Tasks that were last changed at this time or on this day, or later."},
	[FILTER_UPDATED_ON_LTE] = {"updated_on__lte", read_until, {TIMESTAMPTZOID, TIMESTAMPTZOID},
	{"t.updated_on <= $?", "t.updated_on < $?"},
	.doc = "Tasks that were last changed at this time or on this day, or earlier."},
	[FILTER_COMPLETED_BY] = {"completed_by", read_users, ONE_OR_ANY_UUID,
	{"t.completed_by = $?", "t.completed_by = ANY ($?)"},
	.doc = "Tasks that any of these users completed; @me is the caller."},
	[FILTER_COMPLETED_ON_GTE] = {"completed_on__gte", read_from, {TIMESTAMPTZOID}, {"t.completed_on >= $?"},
	.doc = "Tasks that were completed at this time or on this day, or later."},
	[FILTER_COMPLETED_ON_LTE] = {"completed_on__lte", read_until, {TIMESTAMPTZOID, TIMESTAMPTZOID},
	{"t.completed_on <= $?", "t.completed_on < $?"},
	.doc = "Tasks that were completed at this time or on this day, or earlier."},
	[FILTER_IDS] = {"ids", read_uuids, ONE_OR_ANY_UUID, {"t.id = $?", "t.id = ANY ($?)"},
	.doc = "Tasks with any of these ids."},
	/* Its conditions are in TaskFilters.tree, and in other filters. */
	[FILTER_WHERE] = {"where", read_where,
	.doc = "Tasks that satisfy a tree of conditions."},
	/* Its filters have been put in the place of this one. */
	[FILTER_VIEW] = {"view", read_view,
	.doc = "Tasks that also pass the filters of this view."},
	[FILTER_TIME_ZONE] = {"time_zone", read_time_zone,
	.doc = "The time zone in which days begin, such as Europe/Berlin."},
	[FILTER_ACCENTS] = {"accents", read_accents,
	.doc = "Whether accents matter in title and search; without them, brulee finds brûlée."},
	[FILTER_COUNT] = {"count", read_count,
	.doc = "How the count is determined."},
	[FILTER_TOTALS] = {"totals", read_totals_too,
	.doc = "Whether the answer has the totals of the whole list beside the page."},
	[FILTER_EXPAND] = {"expand", read_expand,
	.doc = "What to show as objects beside the ids, separated by commas."},
	[FILTER_ORDERING] = {"ordering", read_ordering,
	.doc = "The keys to order by: up to " CppAsString2(ORDER_MAX_KEYS) ", separated by commas. A key with - before it is in descending order. Or relevance alone: what matches search or title best first, then the newest."},
	[FILTER_LIMIT] = {"limit", read_limit,
	.doc = "The maximum number of results on a page."},
	[FILTER_OFFSET] = {"offset", read_page_offset,
	.doc = "The number of results to skip."},
	[FILTER_CURSOR] = {"cursor", read_list_cursor,
	.doc = "The start of the page: start, or next_cursor of the previous page. It cannot be combined with offset."},
};

StaticAssertDecl(FILTER_TIME_ZONE <= 32, "sets of filters that restrict are kept as bits");

static void
restrict_to(FilterReader *reader, int variant, Datum value)
{
	reader->filter->present = true;
	reader->filter->variant = variant;
	reader->filter->value = value;
}

/* Stores a single text as it was sent, for links. */
static char *
keep_search_text(FilterReader *reader, char *text)
{
	reader->filter->ntexts = 1;
	reader->filter->texts = palloc(sizeof(char *));
	reader->filter->texts[0] = text;
	return text;
}

static void
invalid_filter(FilterReader *reader, int sqlstate, const char *detail, const char *hint)
{
	json_read_invalid(&reader->key, sqlstate, detail, hint);
}

/*
 * Reads a search term.  Whether a list looks it up in the index or checks it along the
 * list is decided here, because planning for each term would take longer than the search.
 */
static void
read_term(FilterReader *reader, const JsonbValue *value)
{
	char	   *term = keep_search_text(reader, list_value_term(&reader->key, value));

	reader->filter->without_accents = reader->without_accents;
	restrict_to(reader, sample_is_common(term, reader->without_accents) ? 1 : 0, CStringGetTextDatum(term));
}

/* The same for a term that is also searched for in descriptions. */
static void
read_search(FilterReader *reader, const JsonbValue *value)
{
	DescribedTasks *described = palloc0(sizeof(DescribedTasks));

	read_term(reader, value);
	described->org_id = reader->identity->org_id;
	described->term = reader->filter->value;
	described->without_accents = reader->without_accents;
	reader->filter->described = described;
}

/* A name for several labels of a set, as bits, or NULL. */
typedef struct LabelGroup
{
	const char *name;
	uint32		labels;
} LabelGroup;

/* Returns the labels that a text stands for, as bits.  Raises 22023 if there are none. */
static uint32
read_label(FilterReader *reader, const char *text, const LabelSet *set, const LabelGroup *group)
{
	uint32		matches = group != NULL && pg_strcasecmp(text, group->name) == 0 ? group->labels : label_match(set, text);

	if (matches == 0)
		invalid_filter(reader, ERRCODE_INVALID_PARAMETER_VALUE,
					   psprintf("There is no %s \"%s\".", reader->key.key, json_read_clip(text)),
					   psprintf("Valid values are %s, or a part of one of them%s.", label_list(set),
								group == NULL ? "" : psprintf(", and %s", group->name)));
	return matches;
}

static void
read_labels(FilterReader *reader, const JsonbValue *value, const LabelSet *set, const LabelGroup *group)
{
	TaskFilter *filter = reader->filter;
	uint32		wanted = 0;
	Datum		labels[lengthof(set->labels)];
	int			count = 0;

	filter->ntexts = json_read_strings(&reader->key, value, &filter->texts);
	for (int i = 0; i < filter->ntexts; i++)
		wanted |= read_label(reader, filter->texts[i], set, group);
	for (int i = 0; i < set->count; i++)
	{
		if (wanted & ((uint32) 1 << i))
			labels[count++] = CStringGetTextDatum(set->labels[i]);
	}
	filter->labels = wanted;
	if (count == 1)
		restrict_to(reader, 0, labels[0]);
	else
		restrict_to(reader, 1, PointerGetDatum(construct_array(labels, count, TEXTOID, -1, false, TYPALIGN_INT)));
}

static void
read_status(FilterReader *reader, const JsonbValue *value)
{
	uint32		completed = (uint32) 1 << label_find(&label_status, "Completed");
	LabelGroup	open = {"open", (((uint32) 1 << label_status.count) - 1) & ~completed};

	read_labels(reader, value, &label_status, &open);
	if (reader->filter->labels == open.labels)
		restrict_to(reader, STATUS_OPEN, BoolGetDatum(true));
	else if ((reader->filter->labels & completed) == 0)
		reader->filter->variant = STATUS_ONE_OPEN;
}

static void
read_priority(FilterReader *reader, const JsonbValue *value)
{
	read_labels(reader, value, &label_priority, NULL);
}

static void
read_ids(FilterReader *reader, const JsonbValue *value, const pg_uuid_t *me)
{
	TaskFilter *filter = reader->filter;
	Datum	   *ids;

	filter->ntexts = list_value_ids(&reader->key, value, me, &filter->texts, &ids);
	if (filter->ntexts == 1)
		restrict_to(reader, 0, ids[0]);
	else
		restrict_to(reader, 1, PointerGetDatum(tc_uuid_array(ids, filter->ntexts)));
}

static void
read_uuids(FilterReader *reader, const JsonbValue *value)
{
	read_ids(reader, value, NULL);
}

static void
read_users(FilterReader *reader, const JsonbValue *value)
{
	read_ids(reader, value, &reader->identity->user_id);
}

static void
read_date_filter(FilterReader *reader, const JsonbValue *value)
{
	char	   *text = keep_search_text(reader, json_read_string(&reader->key, value));
	DateADT		date;

	if (!list_date_parse_day(text, reader->filters->zone, &date))
		invalid_filter(reader, ERRCODE_INVALID_DATETIME_FORMAT,
					   psprintf("\"%s\" is not a date.", json_read_clip(text)), LIST_DATE_HINT);
	restrict_to(reader, 0, DateADTGetDatum(date));
}

/* Reads an instant, or a day in the time zone of the filters. */
static void
read_instants(FilterReader *reader, const JsonbValue *value, InstantSpan *span)
{
	char	   *text = keep_search_text(reader, json_read_string(&reader->key, value));

	if (!list_date_parse_span(text, reader->filters->zone, span))
		invalid_filter(reader, ERRCODE_INVALID_DATETIME_FORMAT,
					   psprintf("\"%s\" is neither a date nor a time.", json_read_clip(text)), LIST_INSTANT_HINT);
}

static void
read_from(FilterReader *reader, const JsonbValue *value)
{
	InstantSpan span;

	read_instants(reader, value, &span);
	restrict_to(reader, 0, TimestampTzGetDatum(span.first));
}

static void
read_until(FilterReader *reader, const JsonbValue *value)
{
	InstantSpan span;

	read_instants(reader, value, &span);
	if (span.first == span.last)
		restrict_to(reader, 0, TimestampTzGetDatum(span.first));
	else
		restrict_to(reader, 1, TimestampTzGetDatum(span.last + 1));
}

static void
read_overdue(FilterReader *reader, const JsonbValue *value)
{
	bool		overdue = json_read_bool(&reader->key, value);

	keep_search_text(reader, pstrdup(overdue ? "true" : "false"));
	restrict_to(reader, overdue ? 0 : 1, DateADTGetDatum(datetime_today(reader->filters->zone)));
}

static void
read_yes_or_no(FilterReader *reader, const JsonbValue *value)
{
	bool		yes = json_read_bool(&reader->key, value);

	keep_search_text(reader, pstrdup(yes ? "true" : "false"));
	restrict_to(reader, yes ? 0 : 1, BoolGetDatum(yes));
}

/* Applies a condition of the tree as a filter of its own; a TreeLift. */
static bool
lift_condition(void *state, TaskFilterKey filter, TreeComparator comparator, const JsonReadKey *key,
			   const JsonbValue *value)
{
	FilterReader *outer = state;
	FilterReader reader = *outer;

	if (outer->is_sent[filter] || outer->filters->filters[filter].present)
		return false;
	reader.key = *key;
	reader.without_accents = comparator == TREE_CONTAINS_UNACCENTED;
	reader.filter = &outer->filters->filters[filter];
	list_filter_specs[filter].read(&reader, value);
	/* Links and cursors contain it as a part of the tree. */
	reader.filter->ntexts = 0;
	return true;
}

static void
read_where(FilterReader *reader, const JsonbValue *value)
{
	keep_search_text(reader, list_tree_read(reader->filters, &reader->key, value, reader->identity,
											lift_condition, reader));
}

/* Its filters are among those that are read; the rest are conditions. */
static void
read_view(FilterReader *reader, const JsonbValue *value)
{
	keep_search_text(reader, json_read_string(&reader->key, value));
	if (reader->of_view != NULL)
		list_tree_read_view(reader->filters, &reader->key, reader->of_view, reader->identity, lift_condition, reader);
}

static void
read_time_zone(FilterReader *reader, const JsonbValue *value)
{
	char	   *name = keep_search_text(reader, json_read_string(&reader->key, value));
	pg_tz	   *zone = time_zone_find(name);

	if (zone == NULL)
		invalid_filter(reader, ERRCODE_INVALID_PARAMETER_VALUE,
					   psprintf("There is no time zone \"%s\".", json_read_clip(name)),
					   "Valid names are in pg_timezone_names, such as Europe/Berlin.");
	reader->filters->zone = zone;
}

static void
read_accents(FilterReader *reader, const JsonbValue *value)
{
	reader->without_accents = !json_read_bool(&reader->key, value);
	keep_search_text(reader, pstrdup(reader->without_accents ? "false" : "true"));
}

static void
read_count(FilterReader *reader, const JsonbValue *value)
{
	char	   *mode = keep_search_text(reader, json_read_string(&reader->key, value));

	reader->filters->count = list_value_count_mode(&reader->key, mode);
}

static void
read_totals_too(FilterReader *reader, const JsonbValue *value)
{
	reader->filters->totals = json_read_bool(&reader->key, value);
	keep_search_text(reader, pstrdup(reader->filters->totals ? "true" : "false"));
}

static void
read_expand(FilterReader *reader, const JsonbValue *value)
{
	reader->filter->ntexts = json_read_strings(&reader->key, value, &reader->filter->texts);
	reader->filters->expand = task_expand_read(&reader->key, reader->filter->texts, reader->filter->ntexts);
}

static void
read_ordering(FilterReader *reader, const JsonbValue *value)
{
	char	   *text = keep_search_text(reader, json_read_string(&reader->key, value));
	const TaskFilter *filters = reader->filters->filters;

	if (strcmp(text, "relevance") == 0)
	{
		const TaskFilter *term = &filters[filters[FILTER_SEARCH].present ? FILTER_SEARCH : FILTER_TITLE];

		if (!term->present)
			invalid_filter(reader, ERRCODE_INVALID_PARAMETER_VALUE, "There is no term to match.",
						   "Send search or title with it.");
		list_order_by_relevance(&reader->filters->order, term->value, term->without_accents);
		return;
	}
	list_order_read(&reader->filters->order, &list_order_of_tasks, &reader->key, text);
}

static void
read_limit(FilterReader *reader, const JsonbValue *value)
{
	reader->filters->limit = json_read_integer(&reader->key, value, settings_max_limit);
	reader->filters->limit_given = true;
}

static void
read_page_offset(FilterReader *reader, const JsonbValue *value)
{
	reader->filters->offset = json_read_integer(&reader->key, value, PG_INT64_MAX);
}

/* Only keeps it, because it must match the other filters. */
static void
read_list_cursor(FilterReader *reader, const JsonbValue *value)
{
	reader->filters->sent_cursor = json_read_string(&reader->key, value);
}

#define ONE_OR_SEVERAL(one) "{\"anyOf\":[" one ",{\"type\":\"array\",\"items\":" one "}]}"
#define UUID_SCHEMA "{\"type\":\"string\",\"format\":\"uuid\"}"
#define TERM_SCHEMA "{\"type\":\"string\",\"maxLength\":" CppAsString2(LIST_VALUE_MAX_TERM) "}"
#define RELATIVE_SCHEMA "{\"type\":\"string\",\"pattern\":\"^(today|[-+]?P.+)$\"}"
#define DATE_SCHEMA "{\"type\":\"string\",\"format\":\"date\"}"

/* The JSON Schema of what each way of reading accepts. */
static const struct
{
	void		(*read) (FilterReader *reader, const JsonbValue *value);
	const char *schema;
}			reader_schemas[] = {
	{read_term, TERM_SCHEMA},
	{read_search, TERM_SCHEMA},
	{read_status, ONE_OR_SEVERAL("{\"type\":\"string\"}")},
	{read_priority, ONE_OR_SEVERAL("{\"type\":\"string\"}")},
	{read_uuids, ONE_OR_SEVERAL(UUID_SCHEMA)},
	{read_users, ONE_OR_SEVERAL("{\"anyOf\":[" UUID_SCHEMA ",{\"type\":\"string\",\"const\":\"@me\"}]}")},
	{read_date_filter, "{\"anyOf\":[" DATE_SCHEMA "," RELATIVE_SCHEMA "]}"},
	{read_from, "{\"anyOf\":[" DATE_SCHEMA ",{\"type\":\"string\",\"format\":\"date-time\"}," RELATIVE_SCHEMA "]}"},
	{read_until, "{\"anyOf\":[" DATE_SCHEMA ",{\"type\":\"string\",\"format\":\"date-time\"}," RELATIVE_SCHEMA "]}"},
	{read_where, "{\"$ref\":\"#/components/schemas/Condition\"}"},
	{read_overdue, "{\"type\":\"boolean\"}"},
	{read_yes_or_no, "{\"type\":\"boolean\"}"},
	{read_view, UUID_SCHEMA},
	{read_time_zone, "{\"type\":\"string\"}"},
	{read_accents, "{\"type\":\"boolean\",\"default\":true}"},
	{read_count, "{\"type\":\"string\",\"enum\":[\"exact\",\"estimated\",\"none\"],\"default\":\"exact\"}"},
	{read_totals_too, "{\"type\":\"boolean\",\"default\":false}"},
	{read_limit, "{\"type\":\"integer\",\"minimum\":0,\"default\":10}"},
	{read_page_offset, "{\"type\":\"integer\",\"minimum\":0,\"default\":0}"},
	{read_list_cursor, "{\"type\":\"string\"}"}
};

/* Returns the key of a filter. */
const char *
list_filter_key(TaskFilterKey key)
{
	return list_filter_specs[key].key;
}

/* Returns the description of a filter for clients. */
const char *
list_filter_doc(TaskFilterKey key)
{
	return list_filter_specs[key].doc;
}

/* Writes the JSON Schema of what a filter accepts. */
void
list_filter_write_schema(JsonWriter *out, TaskFilterKey key)
{
	if (list_filter_specs[key].read == read_expand)
	{
		task_expand_write_schema(out);
		return;
	}
	if (list_filter_specs[key].read == read_ordering)
	{
		json_write_open(out, '{');
		json_write_key(out, "anyOf");
		json_write_open(out, '[');
		list_order_write_schema(out, &list_order_of_tasks, "-created_on", "due_date,-priority");
		json_write_raw(out, CStringGetTextDatum("{\"type\":\"string\",\"const\":\"relevance\"}"));
		json_write_close(out, ']');
		json_write_close(out, '}');
		return;
	}
	for (int i = 0; i < (int) lengthof(reader_schemas); i++)
	{
		if (reader_schemas[i].read == list_filter_specs[key].read)
		{
			json_write_raw(out, CStringGetTextDatum(reader_schemas[i].schema));
			return;
		}
	}
	elog(ERROR, "filter \"%s\" has no schema", list_filter_specs[key].key);
}

static bool
has_schema(const FilterSpec *spec)
{
	if (spec->read == read_ordering || spec->read == read_expand)
		return true;
	for (int i = 0; i < (int) lengthof(reader_schemas); i++)
	{
		if (reader_schemas[i].read == spec->read)
			return true;
	}
	return false;
}

/*
 * Checks that each filter has an entry, and each way of reading a schema, so that a
 * forgotten one is an error when the library is loaded, and not a crash later.
 */
void
list_filter_check(void)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		const FilterSpec *spec = &list_filter_specs[key];
		bool		restricts = spec->links != 0 || (spec->conditions[0] != NULL && OidIsValid(spec->types[0]));

		if (spec->key == NULL || spec->read == NULL || spec->doc == NULL || !has_schema(spec) ||
			(key < FILTER_TIME_ZONE && key != FILTER_WHERE && key != FILTER_VIEW && !restricts))
			elog(ERROR, "entry %d of list_filter_specs is not complete", key);
	}
}
