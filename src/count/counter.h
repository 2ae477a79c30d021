/*
 * counter.h
 *		How many tasks an organization has, of each status and priority.
 */
#ifndef TASKCRM_COUNTER_H
#define TASKCRM_COUNTER_H

#include "base/uuid.h"

extern int64 counter_compact(void);
extern void counter_fold_away(const pg_uuid_t *org_id);
extern void counter_rebuild(void);
extern void counter_check(void);

#endif
