/*
 * claims.c
 *		The user and organization that claims name, and what is wrong with claims.
 *
 * Used both for tokens passed to tc_login() and for tokens that a gateway has verified,
 * so that the same claims mean the same.
 */
#include "postgres.h"

#include "base/settings.h"
#include "identity/claims.h"
#include "wire/json_scan.h"

/* The name of a claim, for messages. */
#define MAX_SHOWN_NAME 64

/* Returns the names of the claims, from the settings.  audience: NULL for none. */
JwtWanted
claims_wanted(const char *audience)
{
	JwtWanted	wanted = {settings_jwt_user_claim, settings_jwt_org_claim, audience, settings_jwt_ignore_unknown_org};

	return wanted;
}

/* Keeps the email if it is verified.  ASCII is the same in every encoding. */
static void
keep_email(const JwtClaims *claims, ClaimsNames *names)
{
	if (!claims->email_is_verified || claims->email == NULL || strlen(claims->email) > CLAIMS_MAX_EMAIL)
		return;
	for (const char *c = claims->email; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c > '~')
			return;
	}
	strlcpy(names->email, claims->email, sizeof(names->email));
}

/* Reads the user.  With a prefix, sub is never the id of a user, even if it is a uuid. */
static bool
read_claimed_user(const JwtClaims *claims, const char *prefix, ClaimsNames *names)
{
	char		text[2 * EXTERNAL_ID_MAX + 1];

	if (claims->user == NULL || claims->user[0] == '\0')
		return false;
	if (prefix == NULL)
		return named_id_read(claims->user, &names->user);
	snprintf(text, sizeof(text), "%s%s", prefix, claims->user);
	return named_id_read(text, &names->user) && names->user.external[0] != '\0';
}

/*
 * Extracts from claims what they name.  prefix: put before sub, or NULL.  Whether it
 * exists is not looked up.  Returns JWT_FAULT_NONE, JWT_FAULT_USER or JWT_FAULT_ORG.
 */
JwtFault
claims_names(const JwtClaims *claims, const char *prefix, ClaimsNames *names)
{
	memset(names, 0, sizeof(*names));
	if (!read_claimed_user(claims, prefix, names))
		return JWT_FAULT_USER;
	names->has_org = claims->org != NULL && named_id_read(claims->org, &names->org);
	if (claims->org != NULL && !names->has_org && !settings_jwt_ignore_unknown_org)
		return JWT_FAULT_ORG;
	keep_email(claims, names);
	return JWT_FAULT_NONE;
}

/*
 * Extracts the ids from the claims of a token that a gateway has verified.  json:
 * NUL-terminated, in the server encoding.  Raises no errors except out of memory.
 */
JwtFault
claims_names_of_json(const char *json, ClaimsNames *names)
{
	JwtWanted	wanted = claims_wanted(NULL);
	JwtClaims	claims;
	size_t		length = strlen(json);
	char	   *scratch = palloc(JSON_SCRATCH_SIZE(length));
	JwtFault	fault = jwt_read_names(json, length, scratch, &wanted, &claims);

	if (fault == JWT_FAULT_NONE)
		fault = claims_names(&claims, NULL, names);
	pfree(scratch);
	return fault;
}

/* Returns the name of the duplicate claim, if it can be shown. */
static const char *
repeated_text(const char *name)
{
	size_t		length = name != NULL ? strlen(name) : 0;

	if (length == 0 || length > MAX_SHOWN_NAME)
		return "the token has a claim twice";
	for (size_t i = 0; i < length; i++)
	{
		if (name[i] < ' ' || name[i] > '~')
			return "the token has a claim twice";
	}
	return psprintf("the token has the claim \"%s\" twice", name);
}

/*
 * Returns an error message for faulty claims, and in *hint what is required.  claims: as
 * read, for the name of a duplicate one.
 */
const char *
claims_fault_text(JwtFault fault, const JwtClaims *claims, const char **hint)
{
	*hint = NULL;
	switch (fault)
	{
		case JWT_FAULT_NONE:
			break;
		case JWT_FAULT_SYNTAX:
			return "the claims of the token are not a JSON object";
		case JWT_FAULT_CHARACTER:
			*hint = "A string cannot contain \\u0000 or an unpaired surrogate such as \\ud800.";
			return "the claims of the token contain an invalid escape";
		case JWT_FAULT_DEPTH:
			return "the claims of the token are nested too deeply";
		case JWT_FAULT_COUNT:
			*hint = "A token can have at most 256 claims.";
			return "the token has too many claims";
		case JWT_FAULT_REPEATED:
			*hint = "Each name must be unique in the claims.";
			return repeated_text(claims->repeated);
		case JWT_FAULT_USER:
			*hint = "The claim specified by taskcrm.jwt_user_claim must be the id or the external id of a user.";
			return "the token does not specify a user";
		case JWT_FAULT_ORG:
			*hint = "The claim specified by taskcrm.jwt_org_claim, if present, must be the id or the external id of an organization.";
			return "the organization in the token is not a valid id";
		case JWT_FAULT_ISSUER:
			return "the iss of the token is not a string";
		case JWT_FAULT_AUDIENCE:
			return "the aud of the token is neither a string nor an array of strings";
		case JWT_FAULT_EXP:
			*hint = "It must be the number of seconds since 1970, without quotes.";
			return "the exp of the token is not a number";
		case JWT_FAULT_EXP_RANGE:
			*hint = "It must be in seconds since 1970, not in milliseconds.";
			return "the exp of the token is after the year 9999";
		case JWT_FAULT_NBF:
			*hint = "It must be the number of seconds since 1970, without quotes.";
			return "the nbf of the token is not a number";
		case JWT_FAULT_NBF_RANGE:
			*hint = "It must be in seconds since 1970, not in milliseconds.";
			return "the nbf of the token is after the year 9999";
	}
	return "the claims of the token are not valid";
}
