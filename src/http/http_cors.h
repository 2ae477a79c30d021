/*
 * http_cors.h
 *		Cross-origin requests of browsers.
 */
#ifndef TASKCRM_HTTP_CORS_H
#define TASKCRM_HTTP_CORS_H

#include "http/http_request.h"
#include "http/http_response.h"

extern void http_cors_answer(const HttpRequest *request, HttpResponse *response);

#endif
