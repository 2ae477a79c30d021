/*
 * http_message.h
 *		Requests and responses on their way between the nodes of a cluster.
 */
#ifndef TASKCRM_HTTP_MESSAGE_H
#define TASKCRM_HTTP_MESSAGE_H

#include "http/http_request.h"
#include "http/http_response.h"

extern bytea *http_message_of_request(const HttpRequest *request);
extern bytea *http_message_of_response(const HttpResponse *response);
extern void http_message_read_response(HttpResponse *response, bytea *bytes);

#endif
