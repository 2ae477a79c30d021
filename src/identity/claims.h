/*
 * claims.h
 *		The user and organization that claims name, and what is wrong with claims.
 */
#ifndef TASKCRM_CLAIMS_H
#define TASKCRM_CLAIMS_H

#include "identity/external_id.h"
#include "identity/jwt.h"

/* Maximum length of an email in bytes. */
#define CLAIMS_MAX_EMAIL 254

/* The user and the organization that claims name. */
typedef struct ClaimsNames
{
	NamedId		user;
	bool		has_org;
	NamedId		org;			/* zero unless has_org */
	char		email[CLAIMS_MAX_EMAIL + 1];	/* if it is verified; else empty */
} ClaimsNames;

extern JwtWanted claims_wanted(const char *audience);
extern JwtFault claims_names(const JwtClaims *claims, const char *prefix, ClaimsNames *names);
extern JwtFault claims_names_of_json(const char *json, ClaimsNames *names);
extern const char *claims_fault_text(JwtFault fault, const JwtClaims *claims, const char **hint);

#endif
