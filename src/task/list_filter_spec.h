/*
 * list_filter_spec.h
 *		The filters of lists of tasks: one table, for the code that is driven by it.
 */
#ifndef TASKCRM_LIST_FILTER_SPEC_H
#define TASKCRM_LIST_FILTER_SPEC_H

#include "task/list_filter.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* What reads the values of the filters. */
typedef struct FilterReader
{
	TaskFilters *filters;
	const Identity *identity;
	JsonReadKey	key;
	TaskFilter *filter;			/* being read */
	bool		without_accents;	/* terms ignore them */
	JsonbValue	sent[FILTER_KEYS];
	bool		is_sent[FILTER_KEYS];
	Jsonb	   *of_view;		/* conditions of the view: an array, or NULL */
} FilterReader;

/*
 * The variants of the condition of a search in descriptions.  All others but the status have
 * one or two, in this order of their conditions.
 */
enum
{
	SEARCH_FEW_IDS,				/* with the ids of the few tasks that are described so */
	SEARCH_EACH_ROW,			/* looks at each row, for a page of a frequent term */
	SEARCH_SOME_IDS,			/* with more ids, planned for them each time */
	SEARCH_BY_INDEX,			/* reads both indexes, for a count of a frequent term */
	FILTER_VARIANTS
};

/* The variants of the condition on the status. */
enum
{
	STATUS_ONE,
	STATUS_ANY,
	STATUS_OPEN,				/* every task that is not completed */
	STATUS_ONE_OPEN				/* a status other than Completed */
};

/* A key of the filters: how it is read, and how it restricts a list. */
typedef struct FilterSpec
{
	const char *key;
	void		(*read) (FilterReader *reader, const JsonbValue *value);
	Oid			types[FILTER_VARIANTS]; /* of the parameter, for each variant */
	/* $? is the parameter and $! the one after it; NULL: no restriction. */
	const char *conditions[FILTER_VARIANTS];
	/* A filter on links instead: the condition is made from the field. */
	int			links;			/* the field with the links, 0 for none */
	/* The conditions for a term that ignores accents. */
	const char *unaccented[FILTER_VARIANTS];
	bool		in_lists_only;	/* for the second variant: counts use the first */
	bool		by_due_date;	/* a single index scan in that order; in other orders
								 * it depends on the value */
	const char *doc;			/* description for clients */
} FilterSpec;

extern const FilterSpec list_filter_specs[FILTER_KEYS];

extern void list_filter_check(void);
extern const char *list_filter_key(TaskFilterKey key);
extern const char *list_filter_doc(TaskFilterKey key);
extern void list_filter_write_schema(JsonWriter *out, TaskFilterKey key);

#endif
