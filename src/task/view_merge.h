/*
 * view_merge.h
 *		The filters of a view together with those of a list that uses it.
 */
#ifndef TASKCRM_VIEW_MERGE_H
#define TASKCRM_VIEW_MERGE_H

#include "utils/jsonb.h"

extern Jsonb *view_merge(Jsonb *view, Jsonb *list, Jsonb **of_view);

#endif
