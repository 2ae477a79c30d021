/*
 * client_row.h
 *		Rows that clients write directly, for triggers.
 */
#ifndef TASKCRM_CLIENT_ROW_H
#define TASKCRM_CLIENT_ROW_H

#include "commands/trigger.h"

extern bool client_row_is_bound(Relation relation);
extern bool client_row_is_own(const TriggerData *data);

#endif
