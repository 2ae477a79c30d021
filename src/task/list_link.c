/*
 * list_link.c
 *		Links to other pages of a list: the filters as they were sent.
 */
#include "postgres.h"

#include "base/settings.h"
#include "task/list_filter_spec.h"
#include "task/list_link.h"
#include "wire/uri.h"

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
			appendStringInfo(uri, "%c%s=", separator, list_filter_key(key));
			uri_append_text(uri, filter->texts[i]);
			separator = '&';
		}
	}
	for (int own = 0; own < filters->nown; own++)
	{
		for (int i = 0; i < filters->own[own].ntexts; i++)
		{
			appendStringInfo(uri, "%c%s=", separator, filters->own[own].key);
			uri_append_text(uri, filters->own[own].texts[i]);
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
