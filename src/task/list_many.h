/*
 * list_many.h
 *		Whether many tasks are linked to a row.
 */
#ifndef TASKCRM_LIST_MANY_H
#define TASKCRM_LIST_MANY_H

#include "base/uuid.h"

extern bool list_many_links(const pg_uuid_t *org_id, int kind, const pg_uuid_t *target, bool are_open);

#endif
