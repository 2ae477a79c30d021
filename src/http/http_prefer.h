/*
 * http_prefer.h
 *		The Prefer header (RFC 7240).
 */
#ifndef TASKCRM_HTTP_PREFER_H
#define TASKCRM_HTTP_PREFER_H

#include "http/http_request.h"
#include "http/http_response.h"

extern bool http_prefers_minimal(const HttpRequest *request);
extern void http_prefer_set_json(const HttpRequest *request, HttpResponse *response, Datum answer);

#endif
