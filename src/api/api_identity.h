/*
 * api_identity.h
 *		What a caller is told about its identity.
 */
#ifndef TASKCRM_API_IDENTITY_H
#define TASKCRM_API_IDENTITY_H

extern Datum whoami_json(void);

#endif
