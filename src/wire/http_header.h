/*
 * http_header.h
 *		Header values with parameters, such as Content-Type's.
 */
#ifndef TASKCRM_HTTP_HEADER_H
#define TASKCRM_HTTP_HEADER_H

#include <stddef.h>

/* What of a header's value is still to be read. */
typedef struct HeaderValue
{
	const char *at;
	const char *end;
} HeaderValue;

typedef enum HeaderResult
{
	HEADER_FOUND,
	HEADER_END,
	HEADER_MALFORMED			/* or longer than there is room for */
} HeaderResult;

extern HeaderResult header_value_begin(HeaderValue *header, const char *text, size_t length,
									   char *value, size_t size);
extern HeaderResult header_value_next(HeaderValue *header, char *name, size_t name_size,
									  char *value, size_t value_size);

#endif
