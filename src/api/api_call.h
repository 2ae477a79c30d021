/*
 * api_call.h
 *		Begins and ends an API call: identity, SPI, and the role of its statements.
 */
#ifndef TASKCRM_API_CALL_H
#define TASKCRM_API_CALL_H

#include "db/frame.h"
#include "identity/identity.h"
#include "identity/row_organization.h"

typedef struct ApiCall
{
	Identity	identity;		/* has a user and an organization, or a user after
								 * api_begin_user(); not set for maintenance */
	bool		pinned;			/* not for maintenance */
	StatementFrame frame;
} ApiCall;

extern void api_begin(ApiCall *call);
extern void api_begin_where_found(ApiCall *call, FoundRow what, const pg_uuid_t *pk);
extern void api_begin_admin(ApiCall *call);
extern void api_begin_user(ApiCall *call);
extern void api_begin_upkeep(ApiCall *call);
extern void api_end(ApiCall *call);
extern void api_end_write(ApiCall *call);

#endif
