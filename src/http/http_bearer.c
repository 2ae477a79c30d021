/*
 * http_bearer.c
 *		Authorization: Bearer.
 */
#include "postgres.h"

#include "http/http_bearer.h"
#include "identity/bound_token.h"
#include "identity/identity.h"
#include "identity/token_login.h"

/* Returns whether a gateway has already verified and set the user. */
static bool
is_verified(const Identity *identity)
{
	return identity->source == IDENTITY_CLAIMS || identity->source == IDENTITY_SETTING;
}

/* Returns the token of a request, or NULL if it has none. */
char *
http_bearer_token(const HttpRequest *request)
{
	char	   *header = http_request_header(request, "authorization");

	if (header == NULL || pg_strncasecmp(header, "bearer ", 7) != 0)
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/*
 * Makes the user of a request's bearer token the caller until the settings of the request
 * are restored.  Does nothing without such a header, or if a gateway has set the user.
 * Raises the errors of token_login().
 */
void
http_bearer_login(const HttpRequest *request)
{
	char	   *token = http_bearer_token(request);
	size_t		length;

	if (token == NULL || is_verified(identity_current()))
		return;
	length = strlen(token);
	while (length > 0 && token[length - 1] == ' ')
		length--;
	bound_token_save();
	token_login(token, length);
}
