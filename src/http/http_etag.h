/*
 * http_etag.h
 *		Entity tags, and the conditions of requests on them.
 */
#ifndef TASKCRM_HTTP_ETAG_H
#define TASKCRM_HTTP_ETAG_H

#include "http/http_request.h"
#include "http/http_response.h"
#include "task/task_version.h"

extern char *http_etag_of_version(int32 version);
extern char *http_etag_of_answer(int32 version, Datum json);
extern char *http_etag_of_file(const char *sha256);
extern const TaskConditions *http_etag_conditions(const HttpRequest *request, TaskConditions *conditions);
extern void http_etag_check_conditions(const HttpRequest *request, const char *etag);
extern bool http_etag_has_conditions(const HttpRequest *request);
extern void http_etag_refuse_conditions(const HttpRequest *request);
extern void http_etag_add_caching(HttpResponse *response);
extern void http_etag_answer_uncached(HttpResponse *response, Datum json);
extern bool http_etag_answer_known(const HttpRequest *request, HttpResponse *response, const char *etag);

#endif
