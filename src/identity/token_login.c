/*
 * token_login.c
 *		Verifies a token and makes its user the caller.
 *
 * Error messages reveal nothing about keys.  What is wrong with a token is reported only
 * after its signature is verified; before that, every reason is reported as "not valid".
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/call_stats.h"
#include "base/compat.h"
#include "base/decision_log.h"
#include "base/log_redact.h"
#include "base/settings.h"
#include "base/sqlstate.h"
#include "base/uuid.h"
#include "db/plan.h"
#include "identity/bound_token.h"
#include "identity/claims.h"
#include "identity/identity.h"
#include "identity/jwt.h"
#include "identity/jwt_key.h"
#include "identity/token_login.h"

#define EPOCH_DISTANCE ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* The error for everything that fails before the signature is verified. */
#define NOT_VALID "the token is not valid"
#define NOT_VALID_HINT "It must be a JSON Web Token that is signed with one of the keys of this database."

/*
 * The algorithm must be that of the stored key.  A token without kid is tried with every
 * key of its algorithm.
 */
static KeptPlan keys_plan = BOOKKEEPING_PLAN(
	"SELECT k.id, k.key, k.issuer, k.audience, k.subject_prefix FROM taskcrm_internal.jwt_key k"
	" WHERE k.alg OPERATOR(pg_catalog.=) $1 AND ($2 IS NULL OR k.kid OPERATOR(pg_catalog.=) $2)"
	" ORDER BY k.id",
	2, TEXTOID, TEXTOID);

/* The key that verified a token. */
typedef struct TokenKey
{
	pg_uuid_t	id;
	char	   *issuer;			/* NULL for any */
	char	   *audience;		/* NULL: only for tokens without aud */
	char	   *subject_prefix; /* NULL for none */
} TokenKey;

tc_noreturn static void
refuse_token(const char *message, const char *hint)
{
	call_stats_refused_token();
	ereport(ERROR,
			(errcode(ERRCODE_TC_UNAUTHORIZED),
			 errmsg("%s", message),
			 hint ? errhint("%s", hint) : 0));
}

tc_noreturn static void
refuse_claims(JwtFault fault, const JwtClaims *claims)
{
	const char *hint;
	const char *message = claims_fault_text(fault, claims, &hint);

	refuse_token(message, hint);
}

static char *
copy_text(MemoryContext context, uint64 row, int column)
{
	bool		isnull;
	Datum		value = plan_value(row, column, &isnull);
	char	   *server;
	char	   *utf8;

	if (isnull)
		return NULL;
	server = TextDatumGetCString(value);
	utf8 = pg_server_to_any(server, (int) strlen(server), PG_UTF8);
	return MemoryContextStrdup(context, utf8);
}

/* Looks for the key that signed the token.  Returns false if there is none. */
static bool
find_token_key(const Jwt *jwt, SignatureAlg alg, MemoryContext context, TokenKey *key)
{
	PlanArgs	args = {0};

	plan_arg(&args, CStringGetTextDatum(jwt->alg));
	plan_arg_text(&args, jwt->kid);
	plan_run_latest(&keys_plan, args.values, args.nulls);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool		isnull;
		bytea	   *stored = DatumGetByteaPP(plan_value(row, 2, &isnull));
		SignatureKey candidate = {(uint8 *) VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored)};

		CHECK_FOR_INTERRUPTS();
		if (!signature_verify(alg, candidate, jwt->signed_text, jwt->signed_length,
							  jwt->signature, jwt->signature_length))
			continue;
		key->id = *DatumGetUUIDP(plan_value(row, 1, &isnull));
		key->issuer = copy_text(context, row, 3);
		key->audience = copy_text(context, row, 4);
		key->subject_prefix = copy_text(context, row, 5);
		return true;
	}
	return false;
}

/* Verifies the signature.  Raises PT401 unless it is valid for a stored key. */
static void
verify_signature(const Jwt *jwt, TokenKey *key)
{
	MemoryContext context = CurrentMemoryContext;
	SignatureAlg alg;
	OwnerSwitch saved;
	bool		found;

	/*
	 * The kid of a stored key is printable ASCII; a lookup of any other could use the
	 * wrong encoding.
	 */
	if (!signature_find_alg(jwt->alg, &alg) || (jwt->kid != NULL && !jwt_key_kid_is_valid(jwt->kid)))
		refuse_token(NOT_VALID, NOT_VALID_HINT);

	owner_enter(&saved, OWNER_BOOKKEEPING);
	SPI_connect();
	found = find_token_key(jwt, alg, context, key);
	SPI_finish();
	owner_leave(&saved);
	if (!found)
		refuse_token(NOT_VALID, NOT_VALID_HINT);
}

/*
 * Checks times, issuer and audience.  Raises PT401.  Returns the token's expiration time.
 */
static TimestampTz
check_claims(const JwtClaims *claims, const TokenKey *key)
{
	TimestampTz now = GetCurrentTimestamp();
	double		seconds = (double) now / USECS_PER_SEC + EPOCH_DISTANCE;
	double		expires = claims->exp + settings_jwt_leeway;

	if (!claims->has_exp)
		refuse_token("the token has no expiry time", "The issuer must include exp in the token.");
	if (seconds >= expires)
		refuse_token("the token has expired", "Log in with a newer token.");
	if (claims->has_nbf && seconds < claims->nbf - settings_jwt_leeway)
		refuse_token("the token is not valid yet", "Log in with it after the time in its nbf.");
	if (key->issuer != NULL && (claims->issuer == NULL || strcmp(claims->issuer, key->issuer) != 0))
		refuse_token("the token is from another issuer", "Its iss must be the issuer that the key was added with.");
	if (key->audience != NULL && !claims->is_for_audience)
		refuse_token("the token is for another audience", "Its aud must name the audience that the key was added with.");
	/*
	 * RFC 7519, 4.1.3: a recipient that is not in aud must reject the token, and this key
	 * has no audience configured.
	 */
	if (key->audience == NULL && claims->has_audience)
		refuse_token("the token is for another audience", "It has an aud, but its key was added without an audience.");
	return (TimestampTz) ceil((expires - EPOCH_DISTANCE) * USECS_PER_SEC);
}

/*
 * Reads the user and organization from a verified token.  Raises PT401 if the token must
 * not be used.
 */
static void
read_identity(const Jwt *jwt, const TokenKey *key, TokenIdentity *identity)
{
	JwtWanted	wanted = claims_wanted(key->audience);
	JwtClaims	claims;
	JwtFault	fault;

	if (!pg_verify_mbstr(PG_UTF8, jwt->claims, (int) jwt->claims_length, true))
		refuse_token("the claims of the token are not in UTF-8", NULL);
	fault = jwt_read_claims(jwt, &wanted, &claims);
	if (fault != JWT_FAULT_NONE)
		refuse_claims(fault, &claims);

	memset(identity, 0, sizeof(*identity));
	identity->key_id = key->id;
	identity->expires = check_claims(&claims, key);
	fault = claims_names(&claims, key->subject_prefix, &identity->names);
	if (fault != JWT_FAULT_NONE)
		refuse_claims(fault, &claims);
}

/*
 * Verifies a token and makes its user the caller until the end of the transaction, or
 * until a rollback to an earlier savepoint.  If the token names an organization, the user
 * can act only in that one.  token: need not be terminated.
 *
 * Raises PT401 if the token is rejected, or its user is unknown or not active; 55000 if
 * another token is bound to the transaction, within an API call, or if the tables do not
 * exist; 42501 in maintenance commands, which run code of a table's owner.
 */
void
token_login(const char *token, size_t length)
{
	char	   *buffer;
	Jwt			jwt;
	TokenKey	key;
	TokenIdentity identity;
	const Identity *caller;
	char		key_id[TC_UUID_TEXT_LEN + 1];
	ErrorContextCallback secret;
	static CountedOperation operation = {"login", -1};
	int			counted = call_stats_begin(&operation);

	log_redact_begin(&secret);
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot log in within security-restricted operation")));
	if (identity_is_pinned())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot log in within another call of taskcrm"),
				 errdetail("The user of a call stays the same until it ends.")));
	(void) owner_require_table("jwt_key");
	if (length > JWT_MAX_LENGTH)
		refuse_token(NOT_VALID, NOT_VALID_HINT);

	buffer = palloc(JWT_BUFFER_SIZE(length));
	if (!jwt_split(token, length, buffer, &jwt))
		refuse_token(NOT_VALID, NOT_VALID_HINT);
	verify_signature(&jwt, &key);
	tc_uuid_format(&key.id, key_id);
	decision_log("a token was verified by key %s", key_id);
	read_identity(&jwt, &key, &identity);
	pfree(buffer);

	bound_token_bind(&identity);
	caller = identity_current();
	if (!caller->has_user)
	{
		const char *hint;
		const char *message = identity_problem_text(caller->problem, &hint);

		refuse_token(message, hint);
	}
	log_redact_end(&secret);
	call_stats_end(counted);
}
