/*
 * http_range.h
 *		The requested part of a file.
 */
#ifndef TASKCRM_HTTP_RANGE_H
#define TASKCRM_HTTP_RANGE_H

#include "http/http_request.h"

typedef enum RangeKind
{
	RANGE_WHOLE,				/* no part is requested, or the header is ignored */
	RANGE_PART,
	RANGE_UNSATISFIABLE			/* the file has no such part */
} RangeKind;

extern RangeKind http_range_find(const HttpRequest *request, const char *etag, int64 size, int64 *first, int64 *count);

#endif
