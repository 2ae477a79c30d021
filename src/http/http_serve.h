/*
 * http_serve.h
 *		Answers a request of the REST API.
 */
#ifndef TASKCRM_HTTP_SERVE_H
#define TASKCRM_HTTP_SERVE_H

#include "http/http_request.h"
#include "http/http_response.h"

extern void http_serve(const HttpRequest *request, HttpResponse *response);

#endif
