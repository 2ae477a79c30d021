/*
 * time_zone.h
 *		Time zones by name.
 */
#ifndef TASKCRM_TIME_ZONE_H
#define TASKCRM_TIME_ZONE_H

#include "pgtime.h"

extern pg_tz *time_zone_find(const char *name);

#endif
