/*
 * group_board.h
 *		Groups of tasks with the first tasks of each.
 */
#ifndef TASKCRM_GROUP_BOARD_H
#define TASKCRM_GROUP_BOARD_H

#include "task/group_kind.h"

extern void group_board_write(JsonWriter *out, const Grouping *grouping, Jsonb *json, const Identity *identity);

#endif
