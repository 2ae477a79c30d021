/*
 * api_call.h
 *		Begins and ends an API call: identity, SPI, and the role of its statements.
 */
#ifndef TASKCRM_API_CALL_H
#define TASKCRM_API_CALL_H

#include "base/call_stats.h"
#include "db/frame.h"
#include "identity/identity.h"
#include "identity/row_organization.h"

typedef struct ApiCall
{
	Identity	identity;		/* has a user and an organization, or a user after
								 * api_begin_user(); not set for maintenance */
	bool		pinned;			/* not for maintenance */
	int			counted;		/* for call_stats_end() */
	StatementFrame frame;
} ApiCall;

/* Counts the call under the name of the function that begins it. */
#define api_count(call) \
	do { \
		static CountedOperation operation_ = {__func__, -1}; \
		(call)->counted = call_stats_begin(&operation_); \
	} while (0)

#define api_begin(call) \
	do { \
		api_count(call); \
		api_call_begin(call); \
	} while (0)
#define api_begin_where_found(call, what, pk) \
	do { \
		api_count(call); \
		api_call_begin_where_found(call, what, pk); \
	} while (0)
#define api_begin_admin(call) \
	do { \
		api_count(call); \
		api_call_begin_admin(call); \
	} while (0)
#define api_begin_user(call) \
	do { \
		api_count(call); \
		api_call_begin_user(call); \
	} while (0)
#define api_begin_upkeep(call) \
	do { \
		api_count(call); \
		api_call_begin_upkeep(call); \
	} while (0)

extern void api_call_begin(ApiCall *call);
extern void api_call_begin_where_found(ApiCall *call, FoundRow what, const pg_uuid_t *pk);
extern void api_call_begin_admin(ApiCall *call);
extern void api_call_begin_user(ApiCall *call);
extern void api_call_begin_upkeep(ApiCall *call);
extern void api_end(ApiCall *call);
extern void api_end_write(ApiCall *call);

#endif
