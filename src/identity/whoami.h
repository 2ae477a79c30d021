/*
 * whoami.h
 *		What callers can read about their identity.
 */
#ifndef TASKCRM_WHOAMI_H
#define TASKCRM_WHOAMI_H

extern Datum whoami_json(void);

#endif
