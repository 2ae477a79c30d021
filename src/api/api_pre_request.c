/*
 * api_pre_request.c
 *		Rejects requests that would otherwise silently return nothing.
 *
 * Row-level security shows no rows to a caller without a user or an organization, so a
 * request for a table without token or organization would get an empty list.  PostgREST
 * calls a function before each request (db-pre-request); this one raises the same errors
 * as the functions of the API.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "identity/identity.h"

PG_FUNCTION_INFO_V1(tc_pre_request);

/*
 * Returns whether a path needs no check of the caller here.  The functions of the API
 * check themselves, and know which of them need an organization; the description of the
 * API shows no rows.
 */
static bool
looks_itself(const char *path)
{
	static const char prefix[] = "/rpc/tc_";

	return path != NULL &&
		(strcmp(path, "/") == 0 || strncmp(path, prefix, sizeof(prefix) - 1) == 0);
}

/*
 * tc_pre_request() returns void
 */
Datum
tc_pre_request(PG_FUNCTION_ARGS)
{
	if (!looks_itself(GetConfigOption("request.path", true, false)))
		identity_require_org(identity_current());
	PG_RETURN_VOID();
}
