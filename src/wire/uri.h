/*
 * uri.h
 *		Writing URIs.
 */
#ifndef TASKCRM_URI_H
#define TASKCRM_URI_H

#include "lib/stringinfo.h"

extern void uri_append_encoded(StringInfo uri, const char *text);
extern void uri_append_text(StringInfo uri, const char *text);

#endif
