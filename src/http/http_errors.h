/*
 * http_errors.h
 *		Errors as HTTP responses.
 */
#ifndef TASKCRM_HTTP_ERRORS_H
#define TASKCRM_HTTP_ERRORS_H

#include "http/http_response.h"

extern int	http_error_status(int sqlstate);
extern void http_error_write(HttpResponse *response, const ErrorData *error, bool has_token);

#endif
