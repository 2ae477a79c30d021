/*
 * http_bearer.h
 *		Authorization: Bearer.
 */
#ifndef TASKCRM_HTTP_BEARER_H
#define TASKCRM_HTTP_BEARER_H

#include "http/http_request.h"

extern char *http_bearer_token(const HttpRequest *request);
extern void http_bearer_login(const HttpRequest *request);

#endif
