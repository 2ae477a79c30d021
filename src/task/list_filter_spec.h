/*
 * list_filter_spec.h
 *		The table of filters, for what is made from it.
 */
#ifndef TASKCRM_LIST_FILTER_SPEC_H
#define TASKCRM_LIST_FILTER_SPEC_H

#include "task/list_filter.h"

typedef struct FilterReader FilterReader;

/* A key of the filters: how it is read, and how it restricts a list. */
typedef struct FilterSpec
{
	const char *key;
	void		(*read) (FilterReader *reader, const JsonbValue *value);
	Oid			types[2];		/* of the parameter, for each variant */
	/* With $? for the parameter and $! for the one behind it; NULL: no restriction. */
	const char *conditions[4];
	/* A filter on links instead: the condition is made from the field. */
	int			links;			/* the field that holds them, 0 for none */
	bool		in_lists_only;	/* for the second variant: counts use the first */
	bool		by_due_date;	/* one walk in that order; in others it depends on the value */
	const char *doc;			/* what it is, for clients */
} FilterSpec;

extern const FilterSpec list_filter_specs[FILTER_KEYS];

#endif
