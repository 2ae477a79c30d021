/*
 * api_identity.c
 *		The SQL functions for the caller's identity.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "identity/identity.h"
#include "identity/whoami.h"

PG_FUNCTION_INFO_V1(tc_current_user);
PG_FUNCTION_INFO_V1(tc_current_org);
PG_FUNCTION_INFO_V1(tc_current_role);
PG_FUNCTION_INFO_V1(tc_whoami);

/*
 * tc_current_user() returns uuid
 */
Datum
tc_current_user(PG_FUNCTION_ARGS)
{
	const Identity *identity = identity_of_statement(fcinfo);
	pg_uuid_t  *result;

	if (!identity->has_user)
		PG_RETURN_NULL();
	result = palloc(sizeof(pg_uuid_t));
	*result = identity->user_id;
	PG_RETURN_UUID_P(result);
}

/*
 * tc_current_org() returns uuid
 */
Datum
tc_current_org(PG_FUNCTION_ARGS)
{
	const Identity *identity = identity_of_statement(fcinfo);
	pg_uuid_t  *result;

	if (!identity->has_org)
		PG_RETURN_NULL();
	result = palloc(sizeof(pg_uuid_t));
	*result = identity->org_id;
	PG_RETURN_UUID_P(result);
}

/*
 * tc_current_role() returns text
 */
Datum
tc_current_role(PG_FUNCTION_ARGS)
{
	const Identity *identity = identity_of_statement(fcinfo);

	if (!identity->has_org)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(identity->is_admin ? "admin" : "member"));
}

/*
 * tc_whoami() returns json
 */
Datum
tc_whoami(PG_FUNCTION_ARGS)
{
	return whoami_json();
}
