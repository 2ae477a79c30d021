/*
 * request_settings.c
 *		What the session's settings say about the caller.
 *
 * The values of request.jwt.claims and taskcrm.user_id, set by a gateway, are valid only
 * in the transaction that set them, because a connection pool gives the session to
 * another client afterwards.  SET without LOCAL would outlast its transaction, so the
 * check hooks append the local transaction id to the value, where SHOW does not show it.
 * A mark in the value moves with the value: rolling back to a savepoint restores the old
 * value with its old mark, and parallel workers receive it with the other settings.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "identity/bound_token.h"
#include "identity/request_settings.h"

#define CLAIMS "request.jwt.claims"
#define USER_ID "taskcrm.user_id"

/* Separates the value from the mark.  Neither JSON nor a uuid can contain it. */
#define MARK '\x1F'

static char *claims_setting = NULL;
static char *user_id_setting = NULL;
static char *org_id_setting = NULL;

/* Returns the local id of the transaction that this process works for, or 0. */
static LocalTransactionId
current_transaction(void)
{
	PGPROC	   *proc = MyProc;

	if (proc == NULL)
		return InvalidLocalTransactionId;
	if (IsParallelWorker() && proc->lockGroupLeader != NULL)
		proc = proc->lockGroupLeader;
	return tc_proc_lxid(proc);
}

static bool
check_marked(char **newval, void **extra, GucSource source)
{
	char	   *marked;
	size_t		size;

	/* A worker receives the leader's value with its mark. */
	if (*newval == NULL || **newval == '\0' || InitializingParallelWorker)
		return true;
	if (strchr(*newval, MARK) != NULL)
	{
		GUC_check_errdetail("It must not contain control characters.");
		return false;
	}
	/* Defaults of a role, a database or a connection belong to no transaction. */
	if (source != PGC_S_SESSION)
		return true;

	size = strlen(*newval) + 16;
	marked = tc_guc_malloc(size);
	if (marked == NULL)
		return false;
	snprintf(marked, size, "%s%c%u", *newval, MARK, current_transaction());
	tc_guc_free(*newval);
	*newval = marked;
	return true;
}

static const char *
without_mark(const char *marked)
{
	const char *mark = marked ? strrchr(marked, MARK) : NULL;

	if (mark == NULL)
		return marked ? marked : "";
	return pnstrdup(marked, mark - marked);
}

static const char *
show_claims(void)
{
	return without_mark(claims_setting);
}

static const char *
show_user_id(void)
{
	return without_mark(user_id_setting);
}

/*
 * A value set before the library was loaded was kept as a placeholder and has just been
 * marked as if it were set now.  That is right for a value that this transaction set,
 * which is on the setting's stack.  The value below it is the session's, from an earlier
 * transaction: remove its mark.
 */
static void
unmark_session_value(const char *name, char *value)
{
	struct config_generic *setting = tc_find_setting(name);
	char	   *mark;

	if (setting == NULL)
		return;
	for (GucStack *entry = setting->stack; entry != NULL; entry = entry->prev)
		value = entry->prior.val.stringval;

	mark = value ? strrchr(value, MARK) : NULL;
	if (mark != NULL)
		*mark = '\0';
}

/* Defines the settings that a caller may set.  Called by _PG_init(). */
void
request_settings_define(void)
{
	DefineCustomStringVariable("taskcrm.org_id",
							   "Selects the organization to work in.",
							   "It grants no rights: the user must be an active member of the organization.",
							   &org_id_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable(USER_ID,
							   "Sets the user for whom a gateway acts, until the end of the transaction.",
							   "It is ignored unless tc_trust_gateway() was called for the login role.",
							   &user_id_setting, "", PGC_USERSET, 0,
							   check_marked, NULL, show_user_id);
	unmark_session_value(USER_ID, user_id_setting);
	/* The name is PostgREST's, so its prefix is not reserved. */
	DefineCustomStringVariable(CLAIMS,
							   "Sets the claims of the token that PostgREST verified, as JSON, until the end of the transaction.",
							   "They are ignored unless tc_trust_gateway() was called for the login role.",
							   &claims_setting, "", PGC_USERSET, 0,
							   check_marked, NULL, show_claims);
	unmark_session_value(CLAIMS, claims_setting);
}

static const char *
unless_empty(const char *value)
{
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Reads the current settings.  Never raises an error. */
void
request_settings_read(IdentitySettings *settings)
{
	settings->claims = unless_empty(claims_setting);
	settings->headers = unless_empty(GetConfigOption("request.headers", true, false));
	settings->org_id = unless_empty(org_id_setting);
	settings->user_id = unless_empty(user_id_setting);
	settings->token = bound_token_current(&settings->token_text);
}

/*
 * Returns a marked value without its mark, palloc'ed, if the current transaction set it;
 * else NULL.  marked: from request_settings_read(), may be NULL.
 */
char *
request_settings_of_transaction(const char *marked)
{
	const char *mark = marked ? strrchr(marked, MARK) : NULL;
	LocalTransactionId transaction = current_transaction();

	if (mark == NULL || transaction == InvalidLocalTransactionId ||
		strtoul(mark + 1, NULL, 10) != transaction)
		return NULL;
	return pnstrdup(marked, mark - marked);
}
