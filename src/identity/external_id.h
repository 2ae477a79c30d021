/*
 * external_id.h
 *		The ids that an identity provider gives to users and organizations.
 */
#ifndef TASKCRM_EXTERNAL_ID_H
#define TASKCRM_EXTERNAL_ID_H

#include "base/uuid.h"

/* Maximum length of an external id in bytes. */
#define EXTERNAL_ID_MAX 255

/* A user or an organization as a claim or a setting names it. */
typedef struct NamedId
{
	pg_uuid_t	id;				/* valid if external is empty */
	char		external[EXTERNAL_ID_MAX + 1];
} NamedId;

extern const char *external_id_problem(const char *text);
extern bool named_id_read(const char *text, NamedId *named);

#endif
