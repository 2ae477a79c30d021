/*
 * bearer.h
 *		Authorization: Bearer.
 */
#ifndef TASKCRM_HTTP_BEARER_H
#define TASKCRM_HTTP_BEARER_H

#include "http/request.h"

extern char *bearer_token(const HttpRequest *request);
extern void bearer_login(const HttpRequest *request);

#endif
