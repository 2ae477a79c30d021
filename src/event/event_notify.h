/*
 * event_notify.h
 *		Tells who listens that events were written.
 */
#ifndef TASKCRM_EVENT_NOTIFY_H
#define TASKCRM_EVENT_NOTIFY_H

#include "base/uuid.h"

extern void event_notify(const Datum *org_ids, int count);

#endif
