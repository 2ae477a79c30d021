/*
 * task_timeline.c
 *		The comments and attachments of a task in order of time.
 *
 * A task can have any number of them.  It is shown with the newest; the others are in
 * lists of their own.  The pages of such a list begin with the newest too, and go back in
 * time along an index, so that the cost of a page does not depend on their number.
 *
 * A cursor is the base64url encoding of
 *
 *		byte 0			the version of this layout
 *		bytes 1-16		the task
 *		bytes 17-32		the id of the last row of the page
 *		bytes 33-40		its time
 *		the rest		the path of the list
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "task/list_filter.h"
#include "task/task_refs.h"
#include "task/task_timeline.h"
#include "wire/base64url.h"
#include "wire/json_read.h"
#include "wire/uri.h"

#define START "start"
#define VERSION 1
#define HEAD_SIZE 41
#define MAX_SIZE 64

/* The requested page of a list. */
typedef struct PageWanted
{
	const Timeline *timeline;
	const pg_uuid_t *task_id;
	int64		limit;
	int64		offset;
	bool		has_offset;
	TaskCountMode count;
	const char *sent_count;		/* NULL for none */
	const char *sent_cursor;	/* NULL: paged by offset */
	bool		has_row;		/* after which the page begins */
	pg_uuid_t	id;
	TimestampTz time;
} PageWanted;

/* Returns the cursor for the position after a row of the last statement, palloc'ed. */
static char *
write_cursor(const Timeline *timeline, const pg_uuid_t *task_id, uint64 row)
{
	uint8		bytes[MAX_SIZE];
	size_t		size = HEAD_SIZE + strlen(timeline->path);
	bool		isnull;
	uint64		time = (uint64) DatumGetTimestampTz(plan_value(row, timeline->time_column, &isnull));
	char	   *text = palloc(BASE64URL_TEXT_SIZE(MAX_SIZE) + 1);

	Assert(size <= MAX_SIZE);
	time = pg_hton64(time);
	bytes[0] = VERSION;
	memcpy(bytes + 1, task_id->data, UUID_LEN);
	memcpy(bytes + 17, DatumGetUUIDP(plan_value(row, 1, &isnull))->data, UUID_LEN);
	memcpy(bytes + 33, &time, sizeof(time));
	memcpy(bytes + HEAD_SIZE, timeline->path, size - HEAD_SIZE);
	text[base64url_encode(bytes, size, text)] = '\0';
	return text;
}

/* Reads a cursor.  Raises 22023 if write_cursor() did not make it for this list. */
static void
read_timeline_cursor(PageWanted *wanted, const JsonReadKey *key)
{
	const char *text = wanted->sent_cursor;
	const char *path = wanted->timeline->path;
	uint8		bytes[BASE64URL_BYTES_SIZE(BASE64URL_TEXT_SIZE(MAX_SIZE)) + 1] = {0};
	uint64		time;
	int			size = -1;

	if (strcmp(text, START) == 0)
		return;
	if (strlen(text) <= BASE64URL_TEXT_SIZE(MAX_SIZE))
		size = base64url_decode(text, strlen(text), bytes);
	if (size < HEAD_SIZE || bytes[0] != VERSION)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It is not a cursor.",
						  "Begin with \"start\", and continue with next_cursor of the answer.");
	if (memcmp(bytes + 1, wanted->task_id->data, UUID_LEN) != 0 || (size_t) size != HEAD_SIZE + strlen(path) ||
		memcmp(bytes + HEAD_SIZE, path, size - HEAD_SIZE) != 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "It belongs to a different list.",
						  "Begin with \"start\", and continue with next_cursor of the answer.");
	wanted->has_row = true;
	memcpy(wanted->id.data, bytes + 17, UUID_LEN);
	memcpy(&time, bytes + 33, sizeof(time));
	wanted->time = (TimestampTz) pg_ntoh64(time);
}

static void
read_filter(void *state, const char *name, const JsonbValue *value)
{
	PageWanted *wanted = state;
	JsonReadKey	key = {.key = name};
	bool		is_sent = !json_read_is_empty(value);

	if (strcmp(name, "limit") == 0)
		wanted->limit = is_sent ? json_read_integer(&key, value, settings_max_limit) : wanted->limit;
	else if (strcmp(name, "offset") == 0)
	{
		wanted->has_offset = is_sent;
		wanted->offset = is_sent ? json_read_integer(&key, value, PG_INT64_MAX) : 0;
	}
	else if (strcmp(name, "count") == 0)
		wanted->sent_count = is_sent ? json_read_string(&key, value) : NULL;
	else if (strcmp(name, "cursor") == 0)
		wanted->sent_cursor = is_sent ? json_read_string(&key, value) : NULL;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown filter \"%s\"", json_read_clip(name)),
				 errhint("Valid filters are count, limit, offset and cursor.")));
}

/* Reads which page is requested.  filters: NULL for none.  Raises 22023. */
static void
read_filters(PageWanted *wanted, Jsonb *filters)
{
	JsonReadKey	key = {.key = "cursor"};

	wanted->limit = Min(10, settings_max_limit);
	wanted->count = COUNT_EXACT;
	if (filters != NULL)
		json_read_object(&filters->root, "filters", read_filter, wanted);
	if (wanted->sent_cursor != NULL && wanted->has_offset)
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE,
						  "It cannot be combined with offset.", "Omit offset.");
	if (wanted->sent_cursor != NULL)
		read_timeline_cursor(wanted, &key);
	key.key = "count";
	if (wanted->sent_count != NULL)
		wanted->count = list_filter_count_mode(&key, wanted->sent_count);
}

/* Reads rows, newest first, and leaves them in the last result. */
static void
read_rows(const Identity *identity, const PageWanted *wanted, Timeline *timeline, int64 limit)
{
	Datum		values[5] = {
		UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(wanted->task_id), Int64GetDatum(limit)
	};

	if (!wanted->has_row)
	{
		values[3] = Int64GetDatum(wanted->offset);
		plan_run(&timeline->newest, values, NULL, true);
		return;
	}
	values[3] = TimestampTzGetDatum(wanted->time);
	values[4] = UUIDPGetDatum(&wanted->id);
	plan_run(&timeline->after, values, NULL, true);
}

static int64
count_all(const Identity *identity, const pg_uuid_t *task_id, Timeline *timeline)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(task_id)};
	bool		isnull;

	plan_run(&timeline->count, values, NULL, true);
	return DatumGetInt64(plan_value(0, 1, &isnull));
}

/*
 * Writes the newest TIMELINE_SHOWN, oldest first, as an array; rest: set to describe the
 * others.  Needs an API call in progress.
 */
void
task_timeline_write_newest(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
						   Timeline *timeline, TimelineRest *rest)
{
	PageWanted	wanted = {.timeline = timeline, .task_id = task_id};
	uint64		count;

	read_rows(identity, &wanted, timeline, TIMELINE_SHOWN + 1);
	count = Min(SPI_processed, TIMELINE_SHOWN);
	json_write_open(out, '[');
	for (uint64 row = count; row > 0; row--)
		timeline->write(out, row - 1);
	json_write_close(out, ']');

	rest->count = (int64) count;
	rest->cursor = NULL;
	if (SPI_processed > count)
	{
		rest->cursor = write_cursor(timeline, task_id, count - 1);
		rest->count = count_all(identity, task_id, timeline);
	}
}

/* Writes the result of task_timeline_write_newest() as two members of an object. */
void
task_timeline_write_rest(JsonWriter *out, const char *count_key, const char *cursor_key, const TimelineRest *rest)
{
	json_write_key(out, count_key);
	json_write_int(out, rest->count);
	json_write_string_member(out, cursor_key, rest->cursor);
}

/* Returns the link to another page; cursor: NULL for a page with an offset. */
static char *
link_to(const PageWanted *wanted, const char *cursor, int64 offset)
{
	StringInfoData link;
	char		task_id[TC_UUID_TEXT_LEN + 1];

	tc_uuid_format(wanted->task_id, task_id);
	initStringInfo(&link);
	appendStringInfo(&link, "%s%s/%s?", settings_base_path, task_id, wanted->timeline->path);
	if (wanted->sent_count != NULL)
	{
		appendStringInfoString(&link, "count=");
		uri_append_text(&link, wanted->sent_count);
		appendStringInfoChar(&link, '&');
	}
	appendStringInfo(&link, "limit=" INT64_FORMAT, wanted->limit);
	if (cursor != NULL)
		appendStringInfo(&link, "&cursor=%s", cursor);
	else
		appendStringInfo(&link, "&offset=" INT64_FORMAT, offset);
	return link.data;
}

/* Writes the rows of the page; next: set to the cursor after them, NULL at the end. */
static uint64
write_results(JsonWriter *out, const Identity *identity, const PageWanted *wanted, Timeline *timeline,
			  char **next)
{
	uint64		count;

	*next = NULL;
	json_write_open(out, '[');
	if (wanted->limit == 0)
		count = 0;
	else
	{
		read_rows(identity, wanted, timeline, wanted->limit + 1);
		count = Min(SPI_processed, (uint64) wanted->limit);
		for (uint64 row = 0; row < count; row++)
		{
			CHECK_FOR_INTERRUPTS();
			timeline->write(out, row);
		}
		if (SPI_processed > count)
			*next = write_cursor(timeline, wanted->task_id, count - 1);
	}
	json_write_close(out, ']');
	return count;
}

/*
 * Returns the total number, or -1 if not counted.  A last page that is not empty gives
 * the number without counting.
 */
static int64
count_page(const Identity *identity, const PageWanted *wanted, Timeline *timeline, uint64 rows, bool more)
{
	if (wanted->count == COUNT_NONE)
		return -1;
	if (wanted->limit > 0 && !more && !wanted->has_row && (rows > 0 || wanted->offset == 0))
		return wanted->offset + (int64) rows;
	return count_all(identity, wanted->task_id, timeline);
}

static void
write_timeline_envelope(JsonWriter *out, const Identity *identity, const PageWanted *wanted, Timeline *timeline)
{
	JsonWriter		results;
	char	   *next;
	uint64		rows;
	int64		count;
	bool		by_cursor = wanted->sent_cursor != NULL;

	json_write_begin(&results);
	rows = write_results(&results, identity, wanted, timeline, &next);
	count = count_page(identity, wanted, timeline, rows, next != NULL);

	json_write_open(out, '{');
	json_write_key(out, "count");
	if (count < 0)
		json_write_null(out);
	else
		json_write_int(out, count);
	json_write_string_member(out, "next", next == NULL ? NULL :
						link_to(wanted, by_cursor ? next : NULL, wanted->offset + wanted->limit));
	json_write_string_member(out, "previous", wanted->offset == 0 || wanted->limit == 0 ? NULL :
						link_to(wanted, NULL, Max(wanted->offset - wanted->limit, 0)));
	json_write_key(out, "results");
	json_write_raw(out, json_write_end(&results));
	if (by_cursor)
		json_write_string_member(out, "next_cursor", next);
	json_write_close(out, '}');
}

/*
 * Writes one page of a list, newest first, in the same envelope as lists of tasks.
 * filters: NULL for none.  Returns false if the task does not exist; raises 22023.  Needs
 * an API call in progress.
 */
bool
task_timeline_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
						 Timeline *timeline, Jsonb *filters)
{
	PageWanted	wanted = {.timeline = timeline, .task_id = task_id};

	read_filters(&wanted, filters);
	if (!task_refs_task_exists(&identity->org_id, task_id, true))
		return false;
	write_timeline_envelope(out, identity, &wanted, timeline);
	return true;
}
