/*
 * problem.h
 *		Errors as HTTP responses.
 */
#ifndef TASKCRM_HTTP_PROBLEM_H
#define TASKCRM_HTTP_PROBLEM_H

#include "http/response.h"

extern int	http_problem_status(int sqlstate);
extern void http_problem_write(HttpResponse *response, const ErrorData *error, bool has_token);

#endif
