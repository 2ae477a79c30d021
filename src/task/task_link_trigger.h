/*
 * task_link_trigger.h
 *		Raises the version of a task when its links change.
 */
#ifndef TASKCRM_TASK_LINK_TRIGGER_H
#define TASKCRM_TASK_LINK_TRIGGER_H

#include "base/uuid.h"

extern void link_trigger_note_direct(void);
extern bool link_trigger_is_going(const pg_uuid_t *org_id);
extern void link_trigger_let_go(const pg_uuid_t *org_id);

#endif
