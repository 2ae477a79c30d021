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
#include "task/list_paging.h"
#include "task/task_refs.h"
#include "task/task_timeline.h"
#include "wire/base64url.h"
#include "wire/json_read.h"

#define VERSION 1
#define HEAD_SIZE 41
#define MAX_SIZE 64

/* The requested page of a list. */
typedef struct PageWanted
{
	const Timeline *timeline;
	const pg_uuid_t *task_id;
	ListPaging	paging;
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
	const char *text = wanted->paging.sent_cursor;
	const char *path = wanted->timeline->path;
	uint8		bytes[BASE64URL_BYTES_SIZE(BASE64URL_TEXT_SIZE(MAX_SIZE)) + 1] = {0};
	uint64		time;
	int			size = -1;

	if (strcmp(text, LIST_CURSOR_START) == 0)
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

	if (!list_paging_read(&wanted->paging, name, value))
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

	list_paging_begin(&wanted->paging);
	if (filters != NULL)
		json_read_object(&filters->root, "filters", read_filter, wanted);
	list_paging_check(&wanted->paging);
	if (wanted->paging.sent_cursor != NULL)
		read_timeline_cursor(wanted, &key);
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
		values[3] = Int64GetDatum(wanted->paging.offset);
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
	appendStringInfo(&link, "%s%s/%s", settings_base_path, task_id, wanted->timeline->path);
	list_paging_append(&link, '?', &wanted->paging, offset, cursor);
	return link.data;
}

/*
 * Reads the rows of the page.  next: set to the cursor after them, NULL at the end.
 * Returns their number.
 */
static uint64
read_timeline_page(const Identity *identity, const PageWanted *wanted, Timeline *timeline, char **next)
{
	uint64		count;

	*next = NULL;
	if (wanted->paging.limit == 0)
		return 0;
	read_rows(identity, wanted, timeline, wanted->paging.limit + 1);
	count = Min(SPI_processed, (uint64) wanted->paging.limit);
	if (SPI_processed > count)
		*next = write_cursor(timeline, wanted->task_id, count - 1);
	return count;
}

/* Writes the first rows of the last statement. */
static void
write_timeline_rows(JsonWriter *out, Timeline *timeline, uint64 count)
{
	for (uint64 row = 0; row < count; row++)
	{
		CHECK_FOR_INTERRUPTS();
		timeline->write(out, row);
	}
}

static void
write_timeline_envelope(JsonWriter *out, const Identity *identity, const PageWanted *wanted, Timeline *timeline)
{
	const ListPaging *paging = &wanted->paging;
	ListEnvelope envelope = {.by_cursor = paging->sent_cursor != NULL};
	JsonWriter		results;
	char	   *next;
	uint64		rows = read_timeline_page(identity, wanted, timeline, &next);

	/* Counting replaces the rows of the last statement. */
	json_write_begin(&results);
	write_timeline_rows(&results, timeline, rows);
	if (!list_paging_gives_total(paging, rows, next != NULL, &envelope.total))
		envelope.total = count_all(identity, wanted->task_id, timeline);
	if (next != NULL)
		envelope.next = link_to(wanted, envelope.by_cursor ? next : NULL, paging->offset + paging->limit);
	if (paging->offset > 0 && paging->limit > 0)
		envelope.previous = link_to(wanted, NULL, Max(paging->offset - paging->limit, 0));
	envelope.next_cursor = next;
	list_envelope_begin(out, &envelope);
	if (rows > 0)
		json_write_raw(out, json_write_end(&results));
	list_envelope_end(out, &envelope);
}

/*
 * Writes one page of a list, newest first, in the same envelope as lists of tasks; an empty
 * one if the task does not exist.  filters: NULL for none.  Raises 22023.  Needs an API call
 * in progress.
 */
void
task_timeline_write_list(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
						 Timeline *timeline, Jsonb *filters)
{
	PageWanted	wanted = {.timeline = timeline, .task_id = task_id};

	read_filters(&wanted, filters);
	write_timeline_envelope(out, identity, &wanted, timeline);
}

/* The same.  Returns false if the task does not exist. */
bool
task_timeline_write_page(JsonWriter *out, const Identity *identity, const pg_uuid_t *task_id,
						 Timeline *timeline, Jsonb *filters)
{
	task_timeline_write_list(out, identity, task_id, timeline, filters);
	return task_refs_task_exists(&identity->org_id, task_id, true);
}
