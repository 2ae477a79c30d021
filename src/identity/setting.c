/*
 * setting.c
 *		What the session's settings claim about the caller.
 *
 * taskcrm.user_id is believed (of a gateway) in the transaction that set it and
 * not after: a pool gives the session to somebody else next.  SET without LOCAL
 * would outlast its transaction, so the check hook writes the transaction's local
 * id behind the value, out of sight of SHOW.  A mark inside the value goes wherever
 * the value goes: rolled-back savepoints bring back the old value with its old
 * mark, and parallel workers get it with the rest of the settings.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "identity/setting.h"

/* Stands between value and mark.  A uuid cannot contain it. */
#define MARK '\x1F'

static char *user_id_setting = NULL;
static char *org_id_setting = NULL;

/* The local id of the transaction that this process works for, or 0. */
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
check_user_id(char **newval, void **extra, GucSource source)
{
	char	   *marked;
	size_t		size;

	/* A worker is handed the leader's value, mark included. */
	if (*newval == NULL || **newval == '\0' || InitializingParallelWorker)
		return true;
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
show_user_id(void)
{
	const char *mark = user_id_setting ? strrchr(user_id_setting, MARK) : NULL;

	if (mark == NULL)
		return user_id_setting ? user_id_setting : "";
	return pnstrdup(user_id_setting, mark - user_id_setting);
}

/*
 * A value set before the library was loaded was kept as a placeholder and has just
 * been marked as if it were set now.  What the transaction itself set lies on the
 * setting's stack and is rightly marked; the value below is the session's, from
 * some earlier transaction: take its mark off.
 */
static void
unmark_session_value(void)
{
	struct config_generic *setting = tc_find_setting("taskcrm.user_id");
	char	   *session_value = user_id_setting;
	char	   *mark;

	if (setting == NULL)
		return;
	for (GucStack *entry = setting->stack; entry != NULL; entry = entry->prev)
		session_value = entry->prior.val.stringval;

	mark = session_value ? strrchr(session_value, MARK) : NULL;
	if (mark != NULL)
		*mark = '\0';
}

/* Defines the settings that a caller may set.  For _PG_init. */
void
setting_define(void)
{
	DefineCustomStringVariable("taskcrm.org_id",
							   "Selects the organization to work in.",
							   "Grants nothing: the user must be an active member of it.",
							   &org_id_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("taskcrm.user_id",
							   "The user that a gateway acts for, until the end of the transaction.",
							   "Believed only of a login role that tc_trust_gateway() named.",
							   &user_id_setting, "", PGC_USERSET, 0,
							   check_user_id, NULL, show_user_id);
	unmark_session_value();
}

static const char *
unless_empty(const char *value)
{
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Reads the settings as they stand.  Never raises. */
void
setting_read(IdentitySettings *settings)
{
	settings->claims = unless_empty(GetConfigOption("request.jwt.claims", true, false));
	settings->headers = unless_empty(GetConfigOption("request.headers", true, false));
	settings->org_id = unless_empty(org_id_setting);
	settings->user_id = unless_empty(user_id_setting);
}

/*
 * The value of taskcrm.user_id without its mark, palloc'ed, if the current
 * transaction set it; else NULL.  marked: as setting_read gave it, may be NULL.
 */
char *
setting_user_id_of_transaction(const char *marked)
{
	const char *mark = marked ? strrchr(marked, MARK) : NULL;
	LocalTransactionId transaction = current_transaction();

	if (mark == NULL || transaction == InvalidLocalTransactionId ||
		strtoul(mark + 1, NULL, 10) != transaction)
		return NULL;
	return pnstrdup(marked, mark - marked);
}
