/*
 * whoami.h
 *		What a caller is told about its identity.
 */
#ifndef TASKCRM_WHOAMI_H
#define TASKCRM_WHOAMI_H

extern Datum whoami_json(void);

#endif
