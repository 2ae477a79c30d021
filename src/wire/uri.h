/*
 * uri.h
 *		Writes URIs, and checks those that callers send.
 */
#ifndef TASKCRM_URI_H
#define TASKCRM_URI_H

#include "lib/stringinfo.h"

#define URL_MAX_LENGTH 2000

extern void uri_append_encoded(StringInfo uri, const char *text);
extern void uri_append_text(StringInfo uri, const char *text);
extern bool url_is_valid(const char *url);

#endif
