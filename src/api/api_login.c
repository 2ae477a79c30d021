/*
 * api_login.c
 *		Login with a token.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "identity/token_login.h"
#include "identity/whoami.h"

PG_FUNCTION_INFO_V1(tc_login);

/*
 * tc_login(token text) returns json
 */
Datum
tc_login(PG_FUNCTION_ARGS)
{
	text	   *token = PG_ARGISNULL(0) ? cstring_to_text("") : PG_GETARG_TEXT_PP(0);

	token_login(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token));
	return whoami_json();
}
