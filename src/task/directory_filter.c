/*
 * directory_filter.c
 *		Reads the filters of lists of accounts, contacts, teams, members, views, deleted tasks and events.
 *
 * A cursor contains the values of one row that determine its place in the order, as one
 * of a list of tasks does (list_cursor.c).  It is the base64url encoding of
 *
 *		byte 0			the version of this layout
 *		bytes 1-8		fingerprint()
 *		bytes 9-24		the id
 *		the rest		the values of the ordering's keys; texts with their length
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/settings.h"
#include "db/plan.h"
#include "task/directory_filter.h"
#include "task/event_type.h"
#include "task/list_date.h"
#include "task/task_field_type.h"
#include "wire/base64url.h"
#include "wire/json_read.h"
#include "wire/uri.h"

#define VERSION 1
#define HEAD_SIZE 25
/* All keys are short texts. */
#define MAX_SIZE (HEAD_SIZE + ORDER_MAX_KEYS * (2 + 255 * MAX_MULTIBYTE_CHAR_LEN))

typedef struct DirectoryReader
{
	DirectoryFilters *filters;
	const Identity *identity;
} DirectoryReader;

/* Returns the type of the parameter of a filter. */
Oid
directory_filter_type(const DirectoryFilter *filter)
{
	switch (filter->type)
	{
		case DIRECTORY_TERM:
		case DIRECTORY_ROLE:
			return TEXTOID;
		case DIRECTORY_IDS:
		case DIRECTORY_USERS:
			return UUIDARRAYOID;
		case DIRECTORY_TYPES:
			return TEXTARRAYOID;
		case DIRECTORY_FLAG:
			return BOOLOID;
		case DIRECTORY_SINCE:
		case DIRECTORY_UNTIL:
			return TIMESTAMPTZOID;
	}
	return InvalidOid;
}

#define UUID_SCHEMA "{\"type\":\"string\",\"format\":\"uuid\"}"
#define USER_SCHEMA "{\"anyOf\":[" UUID_SCHEMA ",{\"type\":\"string\",\"const\":\"@me\"}]}"
#define ONE_OR_SEVERAL(one) "{\"anyOf\":[" one ",{\"type\":\"array\",\"items\":" one "}]}"

/* Writes the JSON Schema of what a filter accepts. */
void
directory_filter_write_schema(JsonWriter *out, const DirectoryFilter *filter)
{
	static const char *const schemas[] = {
		[DIRECTORY_TERM] = "{\"type\":\"string\",\"maxLength\":1000}",
		[DIRECTORY_IDS] = ONE_OR_SEVERAL(UUID_SCHEMA),
		[DIRECTORY_USERS] = ONE_OR_SEVERAL(USER_SCHEMA),
		[DIRECTORY_FLAG] = "{\"type\":\"boolean\"}",
		[DIRECTORY_ROLE] = "{\"type\":\"string\",\"enum\":[\"admin\",\"member\"]}",
		[DIRECTORY_TYPES] = ONE_OR_SEVERAL("{\"type\":\"string\",\"pattern\":\"^[a-z]+[.]([a-z]+|[*])$\"}"),
		[DIRECTORY_SINCE] = "{\"type\":\"string\"}",
		[DIRECTORY_UNTIL] = "{\"type\":\"string\"}"
	};

	json_write_raw(out, CStringGetTextDatum(schemas[filter->type]));
}

/* Stores a filter with what was sent for it. */
static void
restrict_directory(DirectoryFilters *filters, int place, Datum value, char *text)
{
	filters->values[place] = value;
	filters->ntexts[place] = 1;
	filters->texts[place] = palloc(sizeof(char *));
	filters->texts[place][0] = text;
}

static void
read_role(DirectoryFilters *filters, int place, const JsonReadKey *key, const JsonbValue *value)
{
	char	   *role = json_read_string(key, value);

	if (strcmp(role, "admin") != 0 && strcmp(role, "member") != 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There is no role \"%s\".", json_read_clip(role)), "Valid values are admin and member.");
	restrict_directory(filters, place, CStringGetTextDatum(role), role);
}

static void
read_event_types(DirectoryFilters *filters, int place, const JsonReadKey *key, const JsonbValue *value)
{
	char	  **types;
	int			count = json_read_strings(key, value, &types);
	Datum	   *elements = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
	{
		if (!event_type_is_valid(types[i]))
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
							  psprintf("There is no type \"%s\" of events.", json_read_clip(types[i])), EVENT_TYPE_HINT ".");
		elements[i] = CStringGetTextDatum(types[i]);
	}
	filters->texts[place] = types;
	filters->ntexts[place] = count;
	filters->values[place] = PointerGetDatum(construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Reads a day in taskcrm.time_zone, or an instant. */
static void
read_instant(DirectoryFilters *filters, int place, const JsonReadKey *key, const JsonbValue *value)
{
	char	   *text = json_read_string(key, value);
	InstantSpan span;

	if (!list_date_parse_span(text, settings_zone(), &span))
		json_read_invalid(key, ERRCODE_INVALID_DATETIME_FORMAT,
						  psprintf("\"%s\" is neither a date nor a time.", json_read_clip(text)), LIST_INSTANT_HINT);
	restrict_directory(filters, place,
					   TimestampTzGetDatum(filters->kind->filters[place].type == DIRECTORY_SINCE ? span.first : span.last), text);
}

static void
read_directory_ids(DirectoryFilters *filters, int place, const JsonReadKey *key, const JsonbValue *value,
				   const pg_uuid_t *me)
{
	Datum	   *ids;
	int			count = list_value_ids(key, value, me, &filters->texts[place], &ids);

	filters->ntexts[place] = count;
	filters->values[place] = PointerGetDatum(tc_uuid_array(ids, count));
}

static void
read_directory_filter(DirectoryReader *reader, int place, const JsonReadKey *key, const JsonbValue *value)
{
	DirectoryFilters *filters = reader->filters;
	char	   *term;
	bool		flag;

	filters->present |= (uint32) 1 << place;
	switch (filters->kind->filters[place].type)
	{
		case DIRECTORY_TERM:
			term = list_value_term(key, value);
			restrict_directory(filters, place, CStringGetTextDatum(term), term);
			if (filters->kind->filters[place].with_blank != NULL && strchr(term, ' ') != NULL)
				filters->with_blank |= (uint32) 1 << place;
			break;
		case DIRECTORY_IDS:
			read_directory_ids(filters, place, key, value, NULL);
			break;
		case DIRECTORY_USERS:
			read_directory_ids(filters, place, key, value, &reader->identity->user_id);
			break;
		case DIRECTORY_FLAG:
			flag = json_read_bool(key, value);
			restrict_directory(filters, place, BoolGetDatum(flag), pstrdup(flag ? "true" : "false"));
			break;
		case DIRECTORY_ROLE:
			read_role(filters, place, key, value);
			break;
		case DIRECTORY_TYPES:
			read_event_types(filters, place, key, value);
			break;
		case DIRECTORY_SINCE:
		case DIRECTORY_UNTIL:
			read_instant(filters, place, key, value);
			break;
	}
}

tc_noreturn static void
unknown_directory_filter(const DirectoryKind *kind, const char *name)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; kind->filters[i].key != NULL; i++)
		appendStringInfo(&list, "%s, ", kind->filters[i].key);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown filter \"%s\"", json_read_clip(name)),
			 errhint("Valid filters are %scount, ordering, limit, offset and cursor.", list.data)));
}

static void
read_directory_member(void *state, const char *name, const JsonbValue *value)
{
	DirectoryReader *reader = state;
	DirectoryFilters *filters = reader->filters;
	JsonReadKey	key = {.key = name};

	if (list_paging_read(&filters->paging, name, value))
		return;
	if (strcmp(name, "ordering") == 0)
	{
		filters->sent_ordering = json_read_is_empty(value) ? NULL : json_read_string(&key, value);
		return;
	}
	for (int i = 0; filters->kind->filters[i].key != NULL; i++)
	{
		if (strcmp(filters->kind->filters[i].key, name) == 0)
		{
			if (!json_read_is_empty(value))
				read_directory_filter(reader, i, &key, value);
			return;
		}
	}
	unknown_directory_filter(filters->kind, name);
}

/*
 * Returns a number that almost always differs between lists of other rows or in another
 * order.
 */
static uint64
fingerprint(const DirectoryFilters *filters)
{
	uint64		hash = list_order_code(&filters->order) + ((uint64) (filters->kind - directory_kinds) << 56);

	for (int i = 0; filters->kind->filters[i].key != NULL; i++)
	{
		for (int text = 0; (filters->present & ((uint32) 1 << i)) != 0 && text < filters->ntexts[i]; text++)
			hash = hash_bytes_extended((const unsigned char *) filters->texts[i][text],
									   (int) strlen(filters->texts[i][text]), hash * 64 + (uint64) i);
	}
	return hash;
}

/* Reads the cursor, if it is more than the start of the list. */
static CursorValidity
read_directory_cursor(DirectoryFilters *filters, const char *text)
{
	PackedBytes rest;
	uint64		found;
	char	   *bytes;
	int			size;

	if (strcmp(text, LIST_CURSOR_START) == 0)
		return CURSOR_VALID;
	if (strlen(text) > BASE64URL_TEXT_SIZE(MAX_SIZE))
		return CURSOR_MALFORMED;
	bytes = palloc(BASE64URL_BYTES_SIZE(strlen(text)) + 1);
	size = base64url_decode(text, strlen(text), (uint8 *) bytes);
	if (size < HEAD_SIZE || bytes[0] != VERSION)
		return CURSOR_MALFORMED;
	rest.bytes = bytes + 1;
	rest.size = size - 1;
	(void) unpack_uint64(&rest, &found);
	if (found != fingerprint(filters))
		return CURSOR_FOREIGN;
	memcpy(filters->id.data, unpack_bytes(&rest, UUID_LEN), UUID_LEN);
	for (int i = 0; i < filters->order.count; i++)
	{
		if (!filters->kind->orders[filters->order.keys[i].field].type->unpack(NULL, &rest, &filters->keys[i]))
			return CURSOR_MALFORMED;
	}
	filters->has_row = true;
	return rest.size == 0 ? CURSOR_VALID : CURSOR_MALFORMED;
}

/*
 * Reads the filters of a list.  json: NULL for none; identity: of the caller, for "@me".
 * Raises 22023 or 22P02, naming the key.
 */
void
directory_filters_read(DirectoryFilters *filters, DirectoryNoun noun, Jsonb *json, const Identity *identity)
{
	DirectoryReader reader = {.filters = filters, .identity = identity};
	JsonReadKey	key = {.key = "ordering"};
	OrderKeys	orders = directory_order_keys(&directory_kinds[noun]);

	memset(filters, 0, sizeof(*filters));
	filters->kind = &directory_kinds[noun];
	list_paging_begin(&filters->paging);
	if (json != NULL)
		json_read_object(&json->root, "filters", read_directory_member, &reader);
	list_paging_check(&filters->paging);
	list_order_read(&filters->order, &orders, &key,
					filters->sent_ordering != NULL ? filters->sent_ordering : filters->kind->ordering);
	key.key = "cursor";
	if (filters->paging.sent_cursor != NULL)
		list_cursor_refuse(&key, read_directory_cursor(filters, filters->paging.sent_cursor));
}

/* Returns the link to another page; cursor: NULL for a page with an offset. */
char *
directory_filters_link(const DirectoryFilters *filters, int64 offset, const char *cursor)
{
	StringInfoData link;
	char		separator = '?';

	initStringInfo(&link);
	settings_append_path(&link, filters->kind->path);
	for (int i = 0; filters->kind->filters[i].key != NULL; i++)
	{
		for (int text = 0; text < filters->ntexts[i]; text++)
		{
			appendStringInfo(&link, "%c%s=", separator, filters->kind->filters[i].key);
			uri_append_text(&link, filters->texts[i][text]);
			separator = '&';
		}
	}
	if (filters->sent_ordering != NULL)
	{
		appendStringInfo(&link, "%cordering=", separator);
		uri_append_text(&link, filters->sent_ordering);
		separator = '&';
	}
	list_paging_append(&link, separator, &filters->paging, offset, cursor);
	return link.data;
}

/* Returns the column, from 1, of a member of the object. */
static int
column_of(const RowSchema *schema, const char *key)
{
	for (int i = 0; i < schema->count; i++)
	{
		if (strcmp(schema->fields[i].key, key) == 0)
			return i + 1;
	}
	elog(ERROR, "\"%s\" has no member \"%s\"", schema->name, key);
}

/* Returns the cursor for the position after a row of the last statement, palloc'ed. */
char *
directory_filters_cursor(const DirectoryFilters *filters, uint64 row)
{
	const RowSchema *schema = filters->kind->schema;
	StringInfoData bytes;
	bool		isnull;
	char	   *text;

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, VERSION);
	pack_uint64(&bytes, fingerprint(filters));
	field_uuid.pack(&bytes, plan_value(row, 1, &isnull));
	for (int i = 0; i < filters->order.count; i++)
	{
		const DirectoryOrder *order = &filters->kind->orders[filters->order.keys[i].field];
		Datum		value = plan_value(row, column_of(schema, order->key), &isnull);

		order->type->pack(&bytes, isnull ? CStringGetTextDatum("") : value);
	}
	text = palloc(BASE64URL_TEXT_SIZE(bytes.len) + 1);
	text[base64url_encode((const uint8 *) bytes.data, bytes.len, text)] = '\0';
	return text;
}
