/*
 * cors.h
 *		Requests that a browser makes for a page of another origin.
 */
#ifndef TASKCRM_HTTP_CORS_H
#define TASKCRM_HTTP_CORS_H

#include "http/request.h"
#include "http/response.h"

extern void cors_answer(const HttpRequest *request, HttpResponse *response);

#endif
