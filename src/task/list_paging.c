/*
 * list_paging.c
 *		How lists are paged: the keys that all of them have, and the envelope of a page.
 */
#include "postgres.h"

#include "base/settings.h"
#include "task/list_paging.h"
#include "wire/json_read.h"
#include "wire/uri.h"

/* Sets what applies if nothing is sent. */
void
list_paging_begin(ListPaging *paging)
{
	memset(paging, 0, sizeof(*paging));
	paging->limit = Min(10, settings_max_limit);
	paging->count = COUNT_EXACT;
}

/*
 * Reads a key of the filters if it is one of those that choose the page; otherwise
 * returns false.  Raises 22023.
 */
bool
list_paging_read(ListPaging *paging, const char *name, const JsonbValue *value)
{
	JsonReadKey	key = {.key = name};
	bool		is_sent = !json_read_is_empty(value);

	if (strcmp(name, "limit") == 0)
		paging->limit = is_sent ? json_read_integer(&key, value, settings_max_limit) : paging->limit;
	else if (strcmp(name, "offset") == 0)
	{
		paging->has_offset = is_sent;
		paging->offset = is_sent ? json_read_integer(&key, value, PG_INT64_MAX) : 0;
	}
	else if (strcmp(name, "count") == 0)
	{
		paging->sent_count = is_sent ? json_read_string(&key, value) : NULL;
		if (is_sent)
			paging->count = list_value_count_mode(&key, paging->sent_count);
	}
	else if (strcmp(name, "cursor") == 0)
		paging->sent_cursor = is_sent ? json_read_string(&key, value) : NULL;
	else
		return false;
	return true;
}

/* Raises 22023 if what was sent cannot be combined. */
void
list_paging_check(const ListPaging *paging)
{
	JsonReadKey	key = {.key = "cursor"};

	if (paging->sent_cursor != NULL && paging->has_offset)
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE,
						  "It cannot be combined with offset.", "Omit offset.");
}

/*
 * Returns whether the total number is known without counting, and sets it: -1 if it is
 * not wanted.  A last page that is not empty gives it, unless it begins behind a cursor.
 * rows: on the page; more: there is a next page.
 */
bool
list_paging_gives_total(const ListPaging *paging, uint64 rows, bool more, int64 *total)
{
	bool		begins_at_offset = paging->sent_cursor == NULL || strcmp(paging->sent_cursor, LIST_CURSOR_START) == 0;

	if (paging->count == COUNT_NONE)
		*total = -1;
	else if (paging->limit > 0 && !more && begins_at_offset && (rows > 0 || paging->offset == 0))
		*total = paging->offset + (int64) rows;
	else
		return false;
	return true;
}

/*
 * Appends the parameters of a link to another page.  separator: before the first one;
 * cursor: NULL for a page with an offset.
 */
void
list_paging_append(StringInfo link, char separator, const ListPaging *paging, int64 offset, const char *cursor)
{
	if (paging->sent_count != NULL)
	{
		appendStringInfo(link, "%ccount=", separator);
		uri_append_text(link, paging->sent_count);
		separator = '&';
	}
	appendStringInfo(link, "%climit=" INT64_FORMAT, separator, paging->limit);
	if (cursor != NULL)
	{
		appendStringInfoString(link, "&cursor=");
		uri_append_encoded(link, cursor);
	}
	else
		appendStringInfo(link, "&offset=" INT64_FORMAT, offset);
}

/* Writes what comes before the results; list_envelope_end() must follow them. */
void
list_envelope_begin(JsonWriter *out, const ListEnvelope *envelope)
{
	json_write_open(out, '{');
	json_write_key(out, "count");
	if (envelope->total < 0)
		json_write_null(out);
	else
		json_write_int(out, envelope->total);
	json_write_string_member(out, "next", envelope->next);
	json_write_string_member(out, "previous", envelope->previous);
	json_write_key(out, "results");
	json_write_open(out, '[');
}

/* Writes what comes after the results; other members may follow. */
void
list_envelope_end_results(JsonWriter *out, const ListEnvelope *envelope)
{
	json_write_close(out, ']');
	if (envelope->by_cursor)
		json_write_string_member(out, "next_cursor", envelope->next_cursor);
}

/* Writes what comes after the results, and ends the envelope. */
void
list_envelope_end(JsonWriter *out, const ListEnvelope *envelope)
{
	list_envelope_end_results(out, envelope);
	json_write_close(out, '}');
}
