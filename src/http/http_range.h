/*
 * http_range.h
 *		The part of a file that a request asks for.
 */
#ifndef TASKCRM_HTTP_RANGE_H
#define TASKCRM_HTTP_RANGE_H

#include "http/http_request.h"

typedef enum RangeKind
{
	RANGE_WHOLE,				/* none is asked for that counts */
	RANGE_PART,
	RANGE_UNSATISFIABLE			/* the file has none of it */
} RangeKind;

extern RangeKind http_range_find(const HttpRequest *request, const char *etag, int64 size, int64 *first, int64 *count);

#endif
