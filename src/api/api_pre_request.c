/*
 * api_pre_request.c
 *		Refusing a request that would otherwise look as if there were nothing.
 *
 * Row-level security shows no rows to who is nobody or nowhere, so that a request for a
 * table that forgot its token or organization gets an empty list.  PostgREST calls a
 * function before each request (db-pre-request): this one raises what the functions of
 * the API raise.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "identity/identity.h"

PG_FUNCTION_INFO_V1(tc_pre_request);

/*
 * Whether a path needs no look at who asks: the functions of the API look themselves, and
 * know which of them need an organization; the description of the API shows no rows.
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
