/*
 * http_forward.h
 *		Answers a request on the node of a cluster that has the rows of its organization.
 */
#ifndef TASKCRM_HTTP_FORWARD_H
#define TASKCRM_HTTP_FORWARD_H

#include "http/http_routes.h"

extern bool http_forward(const HttpRequest *request, const HttpTarget *target, const HttpRoute *route, HttpResponse *response);

#endif
