/*
 * uri_read.h
 *		Reads URIs.
 */
#ifndef TASKCRM_URI_READ_H
#define TASKCRM_URI_READ_H

#include <stdbool.h>
#include <stddef.h>

/* The unread rest of a query string. */
typedef struct UriQuery
{
	const char *at;
	const char *end;
} UriQuery;

/* A parameter as in the query, encoded; not NUL-terminated. */
typedef struct UriParameter
{
	const char *name;
	size_t		name_length;
	const char *value;
	size_t		value_length;
} UriParameter;

extern bool uri_decode(const char *text, size_t length, bool plus_is_space, char *decoded);
extern void uri_query_begin(UriQuery *query, const char *text, size_t length);
extern bool uri_query_next(UriQuery *query, UriParameter *parameter);

#endif
