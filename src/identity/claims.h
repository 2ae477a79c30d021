/*
 * claims.h
 *		The user and organization that claims name, and what is wrong with claims.
 */
#ifndef TASKCRM_CLAIMS_H
#define TASKCRM_CLAIMS_H

#include "base/uuid.h"
#include "identity/jwt.h"

/* The user and the organization that claims name. */
typedef struct ClaimsNames
{
	pg_uuid_t	user_id;
	bool		has_org;
	pg_uuid_t	org_id;			/* zero unless has_org */
} ClaimsNames;

extern JwtWanted claims_wanted(const char *audience);
extern JwtFault claims_names(const JwtClaims *claims, ClaimsNames *names);
extern JwtFault claims_names_of_json(const char *json, ClaimsNames *names);
extern const char *claims_fault_text(JwtFault fault, const JwtClaims *claims, const char **hint);

#endif
