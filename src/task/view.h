/*
 * view.h
 *		Reads the views that callers send.
 */
#ifndef TASKCRM_VIEW_H
#define TASKCRM_VIEW_H

#include "task/view_store.h"

#define VIEW_MAX_NAME 255
/* The most bytes of filters, and of what the application keeps. */
#define VIEW_MAX_SIZE 65536

extern void view_read_data(ViewData *data, Jsonb *json, bool is_new, const Identity *identity);

#endif
