/*
 * api_identity.h
 *		What callers can read about their identity.
 */
#ifndef TASKCRM_API_IDENTITY_H
#define TASKCRM_API_IDENTITY_H

extern Datum whoami_json(void);

#endif
