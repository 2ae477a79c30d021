/*
 * sent_back.h
 *		A task that was read with tc_get_task() and is sent back to be changed.
 */
#ifndef TASKCRM_SENT_BACK_H
#define TASKCRM_SENT_BACK_H

#include "utils/jsonb.h"

extern JsonbContainer *sent_back_task(Jsonb *task_data);
extern void sent_back_check(Jsonb *task_data, Datum answer);

#endif
