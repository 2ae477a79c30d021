/*
 * list_link.c
 *		Filters as they were sent: links to other pages, and the fingerprint that ties
 *		a cursor to its list.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "base/settings.h"
#include "task/list_filter_spec.h"
#include "wire/uri.h"

/* Returns whether a key determines which tasks are listed, rather than how. */
static bool
is_restriction(int key)
{
	return key < FILTER_COUNT;
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

	for (int key = 0; key < FILTER_KEYS; key++)
	{
		const TaskFilter *filter = &filters->filters[key];

		for (int i = 0; is_restriction(key) && i < filter->ntexts; i++)
		{
			const unsigned char *text = (const unsigned char *) filter->texts[i];

			hash = hash_bytes_extended(text, (int) strlen(filter->texts[i]), hash * 64 + (uint64) key);
		}
	}
	return hash;
}

/*
 * Appends the link to another page: the base path, every filter that was sent (arrays
 * by repeating their key), limit, and the cursor, or the offset if cursor is NULL.
 */
void
list_link_append(StringInfo uri, const TaskFilters *filters, int64 offset, const char *cursor)
{
	char		separator = '?';

	appendStringInfoString(uri, settings_base_path);
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		const TaskFilter *filter = &filters->filters[key];

		for (int i = 0; i < filter->ntexts; i++)
		{
			appendStringInfo(uri, "%c%s=", separator, list_filter_specs[key].key);
			uri_append_text(uri, filter->texts[i]);
			separator = '&';
		}
	}
	appendStringInfo(uri, "%climit=" INT64_FORMAT, separator, filters->limit);
	if (cursor != NULL)
	{
		appendStringInfoString(uri, "&cursor=");
		uri_append_encoded(uri, cursor);
	}
	else
		appendStringInfo(uri, "&offset=" INT64_FORMAT, offset);
}
