/*
 * etag.h
 *		Entity tags, and the conditions of requests on them.
 */
#ifndef TASKCRM_HTTP_ETAG_H
#define TASKCRM_HTTP_ETAG_H

#include "http/request.h"
#include "http/response.h"
#include "task/version.h"

extern char *etag_of_version(int32 version);
extern char *etag_of_answer(int32 version, Datum json);
extern char *etag_of_file(const char *sha256);
extern const TaskConditions *etag_conditions(const HttpRequest *request, TaskConditions *conditions);
extern void etag_refuse_conditions(const HttpRequest *request);
extern void etag_add_caching(HttpResponse *response);
extern bool etag_answer_known(const HttpRequest *request, HttpResponse *response, const char *etag);

#endif
