/*
 * bound_token.c
 *		The user that a verified token names, for the rest of the transaction.
 *
 * token_login() writes the identity from a token to the setting taskcrm.token_identity,
 * as SET LOCAL would.  So rolling back to a savepoint restores the previous identity, the
 * end of the transaction removes it, and parallel workers receive it with the other
 * settings.  No other code can write the setting, not even a superuser's, and it contains
 * neither the token nor any secret.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/parallel.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "identity/bound_token.h"

#define SETTING "taskcrm.token_identity"
/* A key, a time, three names, and separators. */
#define SETTING_SIZE (TC_UUID_TEXT_LEN + 2 * EXTERNAL_ID_MAX + CLAIMS_MAX_EMAIL + 64)

static char *token_setting = NULL;
static const TokenIdentity *bound = NULL;

/* True while token_login() writes the setting. */
static bool writing = false;

/*
 * Reads a name of the given maximum length from the beginning of a text, where its length
 * is written before it.
 */
static bool
read_name(const char **text, char *name, int max)
{
	char	   *end;
	long		length = strtol(*text, &end, 10);

	if (*end != ':' || length < 0 || length > max || strlen(end + 1) < (size_t) length)
		return false;
	memcpy(name, end + 1, length);
	name[length] = '\0';
	*text = end + 1 + length;
	return true;
}

/* Parses what write_setting() wrote.  Returns false for anything else. */
static bool
read_setting(const char *text, TokenIdentity *identity)
{
	char		key[TC_UUID_TEXT_LEN + 1];
	char		user[EXTERNAL_ID_MAX + 1];
	char		org[EXTERNAL_ID_MAX + 1];
	char	   *end;

	memset(identity, 0, sizeof(*identity));
	if (!read_name(&text, key, TC_UUID_TEXT_LEN) || !read_name(&text, user, EXTERNAL_ID_MAX) ||
		!read_name(&text, org, EXTERNAL_ID_MAX) ||
		!read_name(&text, identity->names.email, CLAIMS_MAX_EMAIL) ||
		!tc_uuid_parse(key, &identity->key_id) || !named_id_read(user, &identity->names.user))
		return false;
	identity->names.has_org = org[0] != '\0';
	if (identity->names.has_org && !named_id_read(org, &identity->names.org))
		return false;
	identity->expires = (TimestampTz) strtoll(text, &end, 10);
	return end > text && *end == '\0';
}

/* Returns what named_id_read() reads. */
static const char *
name_text(const NamedId *named, char *uuid)
{
	if (named->external[0] != '\0')
		return named->external;
	tc_uuid_format(&named->id, uuid);
	return uuid;
}

static void
write_setting(const TokenIdentity *identity, char *text)
{
	const ClaimsNames *names = &identity->names;
	char		key[TC_UUID_TEXT_LEN + 1];
	char		uuids[2][TC_UUID_TEXT_LEN + 1];
	const char *user = name_text(&names->user, uuids[0]);
	const char *org = names->has_org ? name_text(&names->org, uuids[1]) : "";

	tc_uuid_format(&identity->key_id, key);
	snprintf(text, SETTING_SIZE, "%d:%s%d:%s%d:%s%d:%s%+lld", (int) strlen(key), key,
			 (int) strlen(user), user, (int) strlen(org), org,
			 (int) strlen(names->email), names->email, (long long) identity->expires);
}

static bool
check_setting(char **newval, void **extra, GucSource source)
{
	TokenIdentity *identity;

	if (*newval == NULL || **newval == '\0')
		return true;
	/* A worker receives the leader's value. */
	if (!writing && !InitializingParallelWorker)
	{
		GUC_check_errdetail("Only tc_login() sets it.");
		return false;
	}
	identity = tc_guc_malloc(sizeof(TokenIdentity));
	if (identity == NULL)
		return false;
	*extra = identity;
	return read_setting(*newval, identity);
}

static void
assign_setting(const char *newval, void *extra)
{
	bound = extra;
}

/* Defines the setting that holds a token's identity.  Called by _PG_init(). */
void
bound_token_define(void)
{
	DefineCustomStringVariable(SETTING,
							   "Shows the user that tc_login() found in a token, until the end of the transaction.",
							   "Only tc_login() sets it.",
							   &token_setting, "", PGC_SUSET,
							   GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL |
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   check_setting, assign_setting, NULL);
}

/*
 * Returns the identity bound in this transaction, or NULL, and in *text a text that
 * differs from those of other identities.  Valid until the next change.
 */
const TokenIdentity *
bound_token_current(const char **text)
{
	*text = bound != NULL ? token_setting : NULL;
	return bound;
}

/*
 * Returns whether a token has expired.  If it expires between two statements of the
 * client, nobody is calling any more.  If it expires while a statement runs, statements
 * started within it raise PT401 instead: the leader and its workers check at different
 * times, and a result in which some of them see no rows would look complete without being
 * so.
 */
bool
bound_token_is_expired(const TokenIdentity *token)
{
	if (GetCurrentStatementStartTimestamp() >= token->expires)
		return true;
	if (GetCurrentTimestamp() >= token->expires)
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNAUTHORIZED),
				 errmsg("the token expired while the statement ran"),
				 errhint("Log in with a newer token in another transaction.")));
	return false;
}

static void
put_setting(const char *text, GucAction action)
{
	writing = true;
	PG_TRY();
	{
		(void) set_config_option(SETTING, text, PGC_SUSET, PGC_S_SESSION, action, true, 0, false);
	}
	PG_FINALLY();
	{
		writing = false;
	}
	PG_END_TRY();
}

/* Binds an identity to the transaction.  Raises 55000 if another one is bound. */
void
bound_token_bind(const TokenIdentity *identity)
{
	char		text[SETTING_SIZE];

	write_setting(identity, text);
	if (bound != NULL && strcmp(token_setting, text) == 0)
		return;
	if (bound != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("another token is bound to this transaction"),
				 errhint("End the transaction, then log in.")));

	put_setting(text, GUC_ACTION_LOCAL);
}

/*
 * Makes the end of the current nest level of settings undo what token_login() does until
 * then.
 */
void
bound_token_save(void)
{
	put_setting(token_setting == NULL ? "" : pstrdup(token_setting), GUC_ACTION_SAVE);
}
