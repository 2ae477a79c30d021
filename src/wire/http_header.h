/*
 * http_header.h
 *		Parses header values with parameters, such as Content-Type's.
 */
#ifndef TASKCRM_HTTP_HEADER_H
#define TASKCRM_HTTP_HEADER_H

#include <stddef.h>

/* The unread rest of a header's value. */
typedef struct HeaderValue
{
	const char *at;
	const char *end;
} HeaderValue;

typedef enum HeaderResult
{
	HEADER_FOUND,
	HEADER_END,
	HEADER_MALFORMED			/* or longer than the buffer */
} HeaderResult;

extern HeaderResult header_value_begin(HeaderValue *header, const char *text, size_t length,
									   char *value, size_t size);
extern HeaderResult header_value_next(HeaderValue *header, char *name, size_t name_size,
									  char *value, size_t value_size);

#endif
