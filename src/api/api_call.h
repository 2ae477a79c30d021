/*
 * api_call.h
 *		The frame of an API call: who calls, as whom its statements run.
 */
#ifndef TASKCRM_API_CALL_H
#define TASKCRM_API_CALL_H

#include "db/frame.h"
#include "identity/identity.h"

typedef struct ApiCall
{
	Identity	identity;		/* has a user and an organization; not set for upkeep */
	bool		pinned;			/* not for upkeep */
	StatementFrame frame;
} ApiCall;

/* What can be found by its id without an organization being selected. */
typedef enum ApiFound
{
	API_COMMENT,
	API_ATTACHMENT
} ApiFound;

extern void api_begin(ApiCall *call);
extern void api_begin_where_found(ApiCall *call, ApiFound what, const pg_uuid_t *pk);
extern void api_begin_admin(ApiCall *call);
extern void api_begin_upkeep(ApiCall *call);
extern void api_end(ApiCall *call);
extern void api_end_write(ApiCall *call);

#endif
