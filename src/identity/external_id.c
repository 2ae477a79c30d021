/*
 * external_id.c
 *		The ids that an identity provider gives to users and organizations.
 *
 * An external id is the sub, or the organization, in the provider's tokens.  It is
 * printable ASCII, as OpenID Connect requires of sub, so it is the same in every
 * encoding, and no two of them look alike.  It is never a uuid: a name is either the id
 * of a row or an external id, whatever rows exist.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "identity/external_id.h"

PG_FUNCTION_INFO_V1(tc_is_external_id);

/* Returns whether the server's type uuid would read the text: 32 digits, in any form. */
static bool
resembles_uuid(const char *text)
{
	int			digits = 0;

	for (const char *c = text; *c != '\0'; c++)
	{
		if (strchr("0123456789abcdefABCDEF", *c) != NULL)
			digits++;
		else if (strchr("{-}", *c) == NULL)
			return false;
	}
	return digits == 2 * UUID_LEN;
}

/*
 * Returns NULL if a text is a valid external id, or a sentence that says why not. text:
 * NUL-terminated, in any encoding.  Never raises an error.
 */
const char *
external_id_problem(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < ' ' || text[i] > '~')
			return "It must consist of printable ASCII characters.";
	}
	if (length == 0 || length > EXTERNAL_ID_MAX)
		return "It must have 1 to 255 characters.";
	if (text[0] == ' ' || text[length - 1] == ' ')
		return "It must not begin or end with a space.";
	if (resembles_uuid(text))
		return "It must not be a uuid, which would be the id itself.";
	return NULL;
}

/*
 * Reads what a claim or a setting names: a uuid, or an external id.  text: not NULL.
 * Returns false, with *named zero, if it is neither.  Never raises an error.
 */
bool
named_id_read(const char *text, NamedId *named)
{
	memset(named, 0, sizeof(*named));
	if (tc_uuid_parse(text, &named->id))
		return true;
	memset(named, 0, sizeof(*named));
	if (external_id_problem(text) != NULL)
		return false;
	strlcpy(named->external, text, sizeof(named->external));
	return true;
}

/*
 * is_external_id(text) returns boolean
 */
Datum
tc_is_external_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(external_id_problem(text_to_cstring(PG_GETARG_TEXT_PP(0))) == NULL);
}
