/*
 * jwt.c
 *		Parses a signed JWT (RFC 7515, compact serialization; RFC 7519).
 *
 * Unusual tokens are rejected: a header that contains a key or says where to get one,
 * extensions that must be understood, duplicate members.  Nothing here verifies anything:
 * signature.c verifies signatures, token_login.c checks times and names.
 *
 * Does not depend on the server and allocates no memory.
 */
#include "postgres.h"

#include "identity/jwt.h"
#include "wire/base64url.h"
#include "wire/json_scan.h"

/* The end of the year 9999. */
#define MAX_SECONDS 253402300799.0

/* The names seen in an object, to detect duplicates. */
typedef struct SeenKeys
{
	const char *keys[JWT_MAX_MEMBERS];
	int			count;
} SeenKeys;

typedef struct HeaderReader
{
	SeenKeys	seen;
	Jwt		   *jwt;
} HeaderReader;

typedef struct ClaimsReader
{
	SeenKeys	seen;
	const JwtWanted *wanted;
	JwtClaims  *claims;
	JwtFault	fault;
} ClaimsReader;

/* Parsers differ in which duplicate they use, so duplicates are rejected. */
static bool
seen_first_time(SeenKeys *seen, const char *key)
{
	for (int i = 0; i < seen->count; i++)
	{
		if (strcmp(seen->keys[i], key) == 0)
			return false;
	}
	if (seen->count == JWT_MAX_MEMBERS)
		return false;
	seen->keys[seen->count++] = key;
	return true;
}

/*
 * Returns whether a header parameter is forbidden.  crit: extensions that must be
 * understood; none is supported.  b64, enc, zip: the payload is encoded in another way.
 * The others: the key comes with the token, or the token says where to get it.
 */
static bool
is_refused_parameter(const char *key)
{
	static const char *const refused[] = {"crit", "b64", "enc", "zip", "jku", "jwk", "x5u", "x5c"};

	for (int i = 0; i < (int) lengthof(refused); i++)
	{
		if (strcmp(key, refused[i]) == 0)
			return true;
	}
	return false;
}

/* A JWT of another kind (an event, a proof of possession) is not an access token. */
static bool
is_accepted_type(const char *type)
{
	static const char *const accepted[] = {"JWT", "at+jwt", "application/jwt", "application/at+jwt"};

	for (int i = 0; i < (int) lengthof(accepted); i++)
	{
		if (pg_strcasecmp(type, accepted[i]) == 0)
			return true;
	}
	return false;
}

static bool
visit_header(void *state, const JsonFound *found)
{
	HeaderReader *reader = state;

	if (found->is_element)
		return true;
	if (!seen_first_time(&reader->seen, found->key) || is_refused_parameter(found->key))
		return false;
	if (strcmp(found->key, "alg") == 0)
		reader->jwt->alg = found->text;
	else if (strcmp(found->key, "kid") == 0)
		reader->jwt->kid = found->text;
	else if (strcmp(found->key, "typ") != 0)
		return true;
	else if (found->kind != JSON_KIND_STRING || !is_accepted_type(found->text))
		return false;
	return found->kind == JSON_KIND_STRING;
}

/* Decodes one part of a token to the given buffer and moves past it. */
static bool
decode_token_part(const char *part, size_t length, char **place, size_t *size)
{
	int			decoded = base64url_decode(part, length, (uint8 *) *place);

	if (decoded <= 0)
		return false;
	*size = (size_t) decoded;
	*place += decoded;
	return true;
}

/*
 * Splits a token and reads its header.  token: need not be terminated; buffer: room for
 * JWT_BUFFER_SIZE(length).  Returns false if the text is not a signed JWT in compact form
 * or its header is rejected; then jwt must not be used.
 */
bool
jwt_split(const char *token, size_t length, char *buffer, Jwt *jwt)
{
	HeaderReader reader = {.jwt = jwt};
	const char *end = token + length;
	const char *first;
	const char *second;
	const char *header = buffer;
	size_t		header_length;
	char	   *place = buffer;

	memset(jwt, 0, sizeof(*jwt));
	if (length == 0 || length > JWT_MAX_LENGTH)
		return false;
	first = memchr(token, '.', length);
	second = first ? memchr(first + 1, '.', end - (first + 1)) : NULL;
	/* A third dot cannot be part of the signature. */
	if (second == NULL)
		return false;

	jwt->signed_text = token;
	jwt->signed_length = second - token;
	if (!decode_token_part(token, first - token, &place, &header_length))
		return false;
	jwt->claims = place;
	if (!decode_token_part(first + 1, second - (first + 1), &place, &jwt->claims_length))
		return false;
	jwt->signature = (const uint8 *) place;
	if (!decode_token_part(second + 1, end - (second + 1), &place, &jwt->signature_length))
		return false;

	jwt->rest = place + JSON_SCRATCH_SIZE(header_length);
	return json_scan_members(header, header_length, place, visit_header, &reader) == JSON_FAULT_NONE &&
		jwt->alg != NULL;
}

/* Stops reading the claims. */
static bool
fail_claims(ClaimsReader *reader, JwtFault fault)
{
	reader->fault = fault;
	return false;
}

/* Reads a time in seconds, which may have a fraction. */
static bool
read_seconds(ClaimsReader *reader, const JsonFound *found, bool *has, double *seconds,
			 JwtFault not_a_number, JwtFault out_of_range)
{
	if (found->kind != JSON_KIND_NUMBER)
		return fail_claims(reader, not_a_number);
	*has = true;
	*seconds = strtod(found->text, NULL);
	/* Probably a number of milliseconds. */
	if (!(*seconds <= MAX_SECONDS))
		return fail_claims(reader, out_of_range);
	*seconds = Max(*seconds, -MAX_SECONDS);
	return true;
}

/* aud is a string or an array of strings, one of which must be the wanted one. */
static bool
visit_audience(ClaimsReader *reader, const JsonFound *found)
{
	if (found->kind == JSON_KIND_ARRAY && !found->is_element)
	{
		reader->claims->has_audience = true;
		return true;
	}
	if (found->kind != JSON_KIND_STRING)
		return fail_claims(reader, JWT_FAULT_AUDIENCE);
	reader->claims->has_audience = true;
	if (reader->wanted->audience != NULL && strcmp(found->text, reader->wanted->audience) == 0)
		reader->claims->is_for_audience = true;
	return true;
}

static const char *
string_or_null(const JsonFound *found)
{
	return found->kind == JSON_KIND_STRING ? found->text : NULL;
}

/* Reads the claims for user and organization.  Both names may be the same claim. */
static bool
visit_name(void *state, const JsonFound *found)
{
	ClaimsReader *reader = state;
	JwtClaims  *claims = reader->claims;

	if (found->is_element)
		return true;
	if (!seen_first_time(&reader->seen, found->key))
	{
		claims->repeated = found->key;
		return fail_claims(reader, reader->seen.count == JWT_MAX_MEMBERS ? JWT_FAULT_COUNT : JWT_FAULT_REPEATED);
	}
	if (strcmp(found->key, reader->wanted->user_claim) == 0)
		claims->user = string_or_null(found);
	if (strcmp(found->key, "email") == 0)
		claims->email = string_or_null(found);
	if (strcmp(found->key, "email_verified") == 0)
		claims->email_is_verified = found->kind == JSON_KIND_TRUE;
	if (reader->wanted->org_claim[0] != '\0' && strcmp(found->key, reader->wanted->org_claim) == 0)
	{
		claims->org = string_or_null(found);
		if (claims->org == NULL && found->kind != JSON_KIND_NULL && !reader->wanted->any_org)
			return fail_claims(reader, JWT_FAULT_ORG);
	}
	return true;
}

static bool
visit_claim(void *state, const JsonFound *found)
{
	ClaimsReader *reader = state;
	JwtClaims  *claims = reader->claims;

	if (!visit_name(state, found))
		return false;
	if (strcmp(found->key, "aud") == 0)
		return visit_audience(reader, found);
	if (found->is_element)
		return true;
	if (strcmp(found->key, "iss") == 0)
	{
		claims->issuer = found->text;
		return found->kind == JSON_KIND_STRING || fail_claims(reader, JWT_FAULT_ISSUER);
	}
	if (strcmp(found->key, "exp") == 0)
		return read_seconds(reader, found, &claims->has_exp, &claims->exp,
							JWT_FAULT_EXP, JWT_FAULT_EXP_RANGE);
	if (strcmp(found->key, "nbf") == 0)
		return read_seconds(reader, found, &claims->has_nbf, &claims->nbf,
							JWT_FAULT_NBF, JWT_FAULT_NBF_RANGE);
	return true;
}

static JwtFault
read_claims(const char *json, size_t length, char *scratch, JsonVisit visit, ClaimsReader *reader)
{
	memset(reader->claims, 0, sizeof(*reader->claims));
	switch (json_scan_members(json, length, scratch, visit, reader))
	{
		case JSON_FAULT_NONE:
			return JWT_FAULT_NONE;
		case JSON_FAULT_SYNTAX:
			return JWT_FAULT_SYNTAX;
		case JSON_FAULT_CHARACTER:
			return JWT_FAULT_CHARACTER;
		case JSON_FAULT_DEPTH:
			return JWT_FAULT_DEPTH;
		case JSON_FAULT_REFUSED:
			return reader->fault;
	}
	return JWT_FAULT_SYNTAX;
}

/*
 * Reads the claims of a token.  jwt: from a jwt_split() that returned true.  Returns a
 * fault if the payload is not a JSON object, or a claim has a wrong type.  The caller
 * checks for missing claims.
 */
JwtFault
jwt_read_claims(const Jwt *jwt, const JwtWanted *wanted, JwtClaims *claims)
{
	ClaimsReader reader = {.wanted = wanted, .claims = claims};

	return read_claims(jwt->claims, jwt->claims_length, jwt->rest, visit_claim, &reader);
}

/*
 * Reads only the claims for user and organization, of a token that was verified
 * elsewhere.  json: not terminated; scratch: room for JSON_SCRATCH_SIZE(length).  Returns
 * the same as jwt_read_claims().
 */
JwtFault
jwt_read_names(const char *json, size_t length, char *scratch, const JwtWanted *wanted, JwtClaims *claims)
{
	ClaimsReader reader = {.wanted = wanted, .claims = claims};

	return read_claims(json, length, scratch, visit_name, &reader);
}
