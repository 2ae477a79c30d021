/*
 * directory_filter.h
 *		Reads the filters of lists of accounts, contacts, teams, members, views, deleted tasks and events.
 */
#ifndef TASKCRM_DIRECTORY_FILTER_H
#define TASKCRM_DIRECTORY_FILTER_H

#include "utils/jsonb.h"

#include "identity/identity.h"
#include "task/directory_kind.h"
#include "task/list_paging.h"

typedef struct DirectoryFilters
{
	const DirectoryKind *kind;
	uint32		present;		/* a bit for each filter that restricts the list */
	uint32		with_blank;		/* a bit for each whose term has a blank, if that matters */
	Datum		values[DIRECTORY_MAX_FILTERS];
	int			ntexts[DIRECTORY_MAX_FILTERS];	/* what was sent, for links */
	char	  **texts[DIRECTORY_MAX_FILTERS];
	TaskOrder	order;			/* fields are indexes in kind->orders */
	const char *sent_ordering;	/* NULL for none */
	ListPaging	paging;
	bool		has_row;		/* the page begins behind a row: */
	pg_uuid_t	id;
	Datum		keys[ORDER_MAX_KEYS];	/* its values of the ordering's keys */
} DirectoryFilters;

extern void directory_filters_read(DirectoryFilters *filters, DirectoryNoun noun, Jsonb *json, const Identity *identity);
extern Oid	directory_filter_type(const DirectoryFilter *filter);
extern void directory_filter_write_schema(JsonWriter *out, const DirectoryFilter *filter);
extern char *directory_filters_link(const DirectoryFilters *filters, int64 offset, const char *cursor);
extern char *directory_filters_cursor(const DirectoryFilters *filters, uint64 row);

#endif
