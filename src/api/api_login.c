/*
 * api_login.c
 *		Login with a token, and the keys that verify tokens.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "base/log_redact.h"
#include "identity/jwt_key.h"
#include "identity/jwt_key_store.h"
#include "identity/token_login.h"
#include "identity/whoami.h"
#include "wire/json_read.h"

PG_FUNCTION_INFO_V1(tc_login);
PG_FUNCTION_INFO_V1(tc_add_jwt_key);
PG_FUNCTION_INFO_V1(tc_remove_jwt_key);

/* An issuer or an audience. */
#define MAX_PARTY 1000

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

static Datum
kid_argument(FunctionCallInfo fcinfo)
{
	Datum		kid = argument_text(fcinfo, 0, "kid", ARGUMENT_MAX_NAME);

	if (!jwt_key_kid_is_valid(TextDatumGetCString(kid)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "kid"),
				 errdetail("It must consist of printable ASCII characters.")));
	return kid;
}

static Datum
alg_argument(FunctionCallInfo fcinfo, SignatureAlg *alg)
{
	Datum		name = argument_text(fcinfo, 1, "alg", ARGUMENT_MAX_NAME);

	if (!signature_find_alg(TextDatumGetCString(name), alg))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "alg"),
				 errdetail("There is no algorithm \"%s\".", json_read_clip(TextDatumGetCString(name))),
				 errhint("Valid algorithms are HS256, RS256, ES256 and EdDSA.")));
	return name;
}

/* Reads the key.  Error messages reveal nothing of it. */
static Datum
key_argument(FunctionCallInfo fcinfo, SignatureAlg alg, Datum alg_name, Datum kid)
{
	uint8	   *bytes = palloc(JWT_KEY_MAX_SIZE);
	size_t		size = 0;
	const char *problem = "It must not be null.";
	bytea	   *key;

	if (!PG_ARGISNULL(2))
	{
		char	   *server = text_to_cstring(PG_GETARG_TEXT_PP(2));
		char	   *utf8 = pg_server_to_any(server, (int) strlen(server), PG_UTF8);

		problem = jwt_key_read(alg, TextDatumGetCString(alg_name), TextDatumGetCString(kid),
							   utf8, strlen(utf8), bytes, &size);
	}
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "key"),
				 errdetail("%s", problem)));

	key = palloc(VARHDRSZ + size);
	SET_VARSIZE(key, VARHDRSZ + size);
	memcpy(VARDATA(key), bytes, size);
	pfree(bytes);
	return PointerGetDatum(key);
}

/* Reads an issuer or audience, or none.  A blank one would match no token. */
static NullableDatum
party_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		return (NullableDatum) {.isnull = true};
	return (NullableDatum) {.value = argument_text(fcinfo, number, name, MAX_PARTY)};
}

/*
 * tc_add_jwt_key(kid text, alg text, key text, issuer text, audience text) returns void
 */
Datum
tc_add_jwt_key(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	SignatureAlg alg;
	NewJwtKey	key;
	ErrorContextCallback secret;

	log_redact_begin(&secret);
	api_begin_upkeep(&call);
	key.kid = kid_argument(fcinfo);
	key.alg = alg_argument(fcinfo, &alg);
	key.bytes = key_argument(fcinfo, alg, key.alg, key.kid);
	key.issuer = party_argument(fcinfo, 3, "issuer");
	key.audience = party_argument(fcinfo, 4, "audience");
	jwt_key_store_add(&key);
	api_end(&call);
	log_redact_end(&secret);
	PG_RETURN_VOID();
}

/*
 * tc_remove_jwt_key(kid text) returns void
 */
Datum
tc_remove_jwt_key(PG_FUNCTION_ARGS)
{
	ApiCall		call;

	api_begin_upkeep(&call);
	if (!jwt_key_store_remove(kid_argument(fcinfo)))
		argument_not_found(NOUN_KEY);
	api_end(&call);
	PG_RETURN_VOID();
}
