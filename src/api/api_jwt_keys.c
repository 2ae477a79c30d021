/*
 * api_jwt_keys.c
 *		The keys that verify tokens.
 *
 * For administrators: the owner of a key can act as any user.  Error messages reveal
 * nothing of a key.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "base/compat.h"
#include "base/log_redact.h"
#include "identity/external_id.h"
#include "identity/jwt_key.h"
#include "identity/jwt_key_store.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_add_jwt_key);
PG_FUNCTION_INFO_V1(tc_remove_jwt_key);

/* An issuer or an audience. */
#define MAX_PARTY 1000

/* What is put before sub, which needs most of the room. */
#define MAX_PREFIX 100

/* More keys in one set are an error. */
#define MAX_SET 100

/* A key as a text in UTF-8, and what the caller or the key itself says about it. */
typedef struct KeySource
{
	const char *text;
	size_t		length;
	const char *label;			/* for errors: which key of a set, or "" */
	const char *kid;
	const char *alg_name;
	SignatureAlg alg;
} KeySource;

tc_noreturn static void
refuse_key(const KeySource *source, const char *problem)
{
	argument_invalid("key", psprintf("%s%s", source->label, problem), NULL);
}

static void
check_kid(const char *kid)
{
	if (!jwt_key_kid_is_valid(kid))
		argument_invalid("kid", "It must consist of printable ASCII characters.", NULL);
}

static Datum
key_bytes(const KeySource *source)
{
	uint8	   *bytes = palloc(JWT_KEY_MAX_SIZE);
	size_t		size = 0;
	const char *problem = jwt_key_read(source->alg, source->alg_name, source->kid,
									   source->text, source->length, bytes, &size);
	bytea	   *key;

	if (problem != NULL)
		refuse_key(source, problem);
	key = palloc(VARHDRSZ + size);
	SET_VARSIZE(key, VARHDRSZ + size);
	memcpy(VARDATA(key), bytes, size);
	pfree(bytes);
	return PointerGetDatum(key);
}

/* Writes what happened to a key.  reason: NULL unless it was skipped. */
static void
report_key(JsonWriter *out, const char *kid, const char *alg, const char *result, const char *reason)
{
	json_write_open(out, '{');
	json_write_string_member(out, "kid", kid);
	json_write_string_member(out, "alg", alg);
	json_write_string_member(out, "result", result);
	if (reason != NULL)
		json_write_string_member(out, "reason", reason);
	json_write_close(out, '}');
}

/* Stores a key.  key: has issuer and so on; kid, alg and bytes are set here. */
static void
store_key(JsonWriter *out, NewJwtKey *key, const KeySource *source, bool may_exist)
{
	const char *result = "added";

	key->kid = CStringGetTextDatum(source->kid);
	key->alg = CStringGetTextDatum(source->alg_name);
	key->bytes = key_bytes(source);
	if (may_exist && jwt_key_store_has(key))
		result = "unchanged";
	else
		jwt_key_store_add(key);
	report_key(out, source->kid, source->alg_name, result, NULL);
}

/* Completes kid and alg from the key itself, if the caller does not give them. */
static void
complete_source(KeySource *source, JwkHead *head)
{
	const char *problem = NULL;

	if (source->kid != NULL && source->alg_name != NULL)
		return;
	if (source->length > 0 && source->text[0] == '{')
		problem = jwt_key_head(source->text, source->length, head);
	if (problem != NULL)
		refuse_key(source, problem);
	if (source->kid == NULL && head->kid[0] == '\0')
		argument_invalid("kid", "It must not be null, since the key has no kid.", NULL);
	if (source->kid == NULL)
		source->kid = head->kid;
	if (source->alg_name == NULL && head->alg_name == NULL)
		argument_invalid("alg", "It must not be null.", "Valid algorithms are HS256, RS256, ES256 and EdDSA.");
	if (source->alg_name == NULL)
	{
		source->alg_name = head->alg_name;
		source->alg = head->alg;
	}
}

/* Raises 22023 if the kid of a key of a set is that of an earlier one, too. */
static void
refuse_repeated(const KeySource *source, char **kids, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(kids[i], source->kid) == 0)
			argument_invalid("key", psprintf("The set contains the kid \"%s\" twice.", source->kid), NULL);
	}
	kids[count] = pstrdup(source->kid);
}

static void
skip_key(JsonWriter *out, const KeySource *source, const JwkHead *head, const char *reason)
{
	const char *kid = head->kid[0] != '\0' ? head->kid : NULL;

	ereport(NOTICE,
			(kid != NULL ? errmsg("key \"%s\" was skipped", kid) : errmsg("a key without kid was skipped"),
			 errdetail("%s", reason)));
	report_key(out, kid, NULL, "skipped", reason);
}

/*
 * Adds one key of a set.  Returns whether it was stored: keys for other purposes are
 * skipped.  A secret in a document that is made to be published is an error.
 */
static bool
add_key_of_set(JsonWriter *out, NewJwtKey *key, KeySource *source, char **kids, int count)
{
	JwkHead		head;
	const char *problem = jwt_key_head(source->text, source->length, &head);

	if (problem == NULL && head.alg == SIGNATURE_HS256)
		refuse_key(source, "It is a secret, which must not be in a set of public keys.");
	if (problem == NULL && head.kid[0] == '\0')
	{
		head.is_foreign = true;
		problem = "It has no kid.";
	}
	if (problem != NULL && !head.is_foreign)
		refuse_key(source, problem);
	if (problem != NULL)
	{
		skip_key(out, source, &head, problem);
		return false;
	}
	source->kid = pstrdup(head.kid);
	source->alg = head.alg;
	source->alg_name = head.alg_name;
	refuse_repeated(source, kids, count);
	store_key(out, key, source, true);
	return true;
}

/* Adds the keys of a set.  set: in the database encoding. */
static void
add_set(JsonWriter *out, NewJwtKey *key, Datum set)
{
	char	  **keys;
	char	  **kids;
	int			count = jwt_key_store_split(set, &keys);
	int			stored = 0;

	if (count > MAX_SET)
		argument_invalid("key", psprintf("The set has more than %d keys.", MAX_SET), NULL);
	kids = palloc(sizeof(char *) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		char	   *utf8 = pg_server_to_any(keys[i], (int) strlen(keys[i]), PG_UTF8);
		KeySource	source = {.text = utf8, .length = strlen(utf8), .label = psprintf("Key %d of the set: ", i)};

		if (add_key_of_set(out, key, &source, kids, stored))
			stored++;
	}
	if (stored == 0)
		argument_invalid("key", "The set contains no key that can be used.",
						 "Keys need a kid and one of the algorithms RS256, ES256 and EdDSA.");
}

/* Reads kid and alg, which may be NULL for a JWK that has them. */
static void
read_source(FunctionCallInfo fcinfo, KeySource *source)
{
	if (!PG_ARGISNULL(0))
	{
		source->kid = TextDatumGetCString(argument_text(fcinfo, 0, "kid", JWT_KID_MAX));
		check_kid(source->kid);
	}
	if (!PG_ARGISNULL(1))
	{
		source->alg_name = TextDatumGetCString(argument_text(fcinfo, 1, "alg", ARGUMENT_MAX_NAME));
		if (!signature_find_alg(source->alg_name, &source->alg))
			argument_invalid("alg", psprintf("There is no algorithm \"%s\".", json_read_clip(source->alg_name)),
							 "Valid algorithms are HS256, RS256, ES256 and EdDSA.");
	}
}

/* Reads an issuer or audience, or none.  A blank one would match no token. */
static NullableDatum
party_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		return (NullableDatum) {.isnull = true};
	return (NullableDatum) {.value = argument_text(fcinfo, number, name, MAX_PARTY)};
}

/* Reads what is put before sub, or nothing.  Together they must be an external id. */
static NullableDatum
prefix_argument(FunctionCallInfo fcinfo, int number)
{
	NullableDatum prefix = {.isnull = PG_ARGISNULL(number)};

	if (!prefix.isnull)
	{
		prefix.value = argument_text(fcinfo, number, "subject_prefix", MAX_PREFIX);
		if (external_id_problem(psprintf("%sx", TextDatumGetCString(prefix.value))) != NULL)
			argument_invalid("subject_prefix",
							 "It must consist of printable ASCII characters, and not begin with a space.", NULL);
	}
	return prefix;
}

/*
 * tc_add_jwt_key(kid text, alg text, key text, issuer text, audience text,
 * subject_prefix text) returns json
 */
Datum
tc_add_jwt_key(PG_FUNCTION_ARGS)
{
	KeySource	source = {.label = ""};
	NewJwtKey	key;
	JwkHead		head = {0};
	JsonWriter	out;
	ApiCall		call;
	ErrorContextCallback secret;

	log_redact_begin(&secret);
	json_write_begin(&out);
	api_begin_upkeep(&call);
	read_source(fcinfo, &source);
	argument_require(ARGUMENT_TEXT_OR_NULL(2), "key");
	source.text = text_to_cstring(PG_GETARG_TEXT_PP(2));
	source.text = pg_server_to_any(source.text, (int) strlen(source.text), PG_UTF8);
	source.text += strspn(source.text, " \t\r\n");
	source.length = strlen(source.text);
	key.issuer = party_argument(fcinfo, 3, "issuer");
	key.audience = party_argument(fcinfo, 4, "audience");
	key.subject_prefix = prefix_argument(fcinfo, 5);

	json_write_open(&out, '[');
	if (jwt_key_is_set(source.text, source.length))
	{
		if (source.kid != NULL || source.alg_name != NULL)
			argument_invalid(source.kid != NULL ? "kid" : "alg", "It must be null for a set of keys, which have their own.", NULL);
		add_set(&out, &key, PG_GETARG_DATUM(2));
	}
	else
	{
		complete_source(&source, &head);
		store_key(&out, &key, &source, false);
	}
	json_write_close(&out, ']');
	api_end(&call);
	log_redact_end(&secret);
	return json_write_end(&out);
}

/*
 * tc_remove_jwt_key(kid text) returns void
 */
Datum
tc_remove_jwt_key(PG_FUNCTION_ARGS)
{
	ApiCall		call;
	Datum		kid;

	api_begin_upkeep(&call);
	kid = argument_text(fcinfo, 0, "kid", JWT_KID_MAX);
	check_kid(TextDatumGetCString(kid));
	if (!jwt_key_store_remove(kid))
		argument_not_found(NOUN_KEY);
	api_end(&call);
	PG_RETURN_VOID();
}
