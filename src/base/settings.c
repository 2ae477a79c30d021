/*
 * settings.c
 *		The administrator's settings.
 *
 * All are PGC_SUSET: they are limits and defaults for clients, and a client that could
 * SET them could raise its own limits.  The settings that a client sets are in
 * identity/request_settings.c, the one that tc_login() sets is in identity/bound_token.c.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "base/settings.h"
#include "base/time_zone.h"

int			settings_max_limit = 1000;
int			settings_max_search_ids = 200000;
int			settings_max_users_mention = 500;
int			settings_max_attachment_size = 10 * 1024 * 1024;
int			settings_max_body_size = 32 * 1024 * 1024;
int			settings_max_answer_size = 128 * 1024 * 1024;
int			settings_bin_retention = 30 * 24 * 60;
int			settings_event_retention = 0;
char	   *settings_base_path = NULL;
char	   *settings_cors_origins = NULL;
bool		settings_notify = false;
bool		settings_webhook_allow_http = false;
int			settings_jwt_leeway = 30;
char	   *settings_jwt_user_claim = NULL;
char	   *settings_jwt_org_claim = NULL;
bool		settings_jwt_email_login = false;
bool		settings_jwt_ignore_unknown_org = false;

/* Incremented when one of the last four changes, to invalidate cached identities. */
uint64		settings_claims_generation = 0;

#define DEFAULT_TIME_ZONE "UTC"

static char *time_zone = NULL;
static pg_tz *zone = NULL;		/* NULL until it is needed */

static bool
check_time_zone(char **newval, void **extra, GucSource source)
{
	/*
	 * The default is valid.  Most sessions never need the zone, and reading its file
	 * takes time.
	 */
	if (source != PGC_S_DEFAULT && time_zone_find(*newval) == NULL)
	{
		GUC_check_errdetail("The time zone does not exist.");
		return false;
	}
	return true;
}

static void
assign_time_zone(const char *newval, void *extra)
{
	zone = NULL;
}

/*
 * ASCII, which is the same in a token in UTF-8 and in a gateway's claims in the server
 * encoding.  Not a path: nested claims are not supported, and a setting that looked like
 * one would restrict nobody.
 */
static bool
check_org_claim(char **newval, void **extra, GucSource source)
{
	for (const char *c = *newval; *c != '\0'; c++)
	{
		if (*c < ' ' || *c > '~')
		{
			GUC_check_errdetail("It must consist of printable ASCII characters.");
			return false;
		}
	}
	if (**newval == '.' || **newval == '$')
	{
		GUC_check_errdetail("It must be the name of a claim, not a path.");
		return false;
	}
	return true;
}

static bool
check_user_claim(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0')
	{
		GUC_check_errdetail("It must not be empty.");
		return false;
	}
	return check_org_claim(newval, extra, source);
}

static void
assign_claim(const char *newval, void *extra)
{
	settings_claims_generation++;
}

static void
assign_claim_use(bool newval, void *extra)
{
	settings_claims_generation++;
}

/* The value is written to response headers. */
static bool
check_cors_origins(char **newval, void **extra, GucSource source)
{
	for (const char *c = *newval; *c != '\0'; c++)
	{
		if (*c < 0x20 || *c > 0x7E)
		{
			GUC_check_errdetail("It must consist of printable ASCII characters.");
			return false;
		}
	}
	return true;
}

static void
define_token_settings(void)
{
	/* Clocks differ.  A larger leeway would make the expiration meaningless. */
	DefineCustomIntVariable("taskcrm.jwt_leeway",
							"Sets the tolerance for the expiry (exp) and start (nbf) times of tokens.",
							NULL, &settings_jwt_leeway, 30, 0, 600,
							PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
	/* Issuers use sub differently: it may be a name of their own. */
	DefineCustomStringVariable("taskcrm.jwt_user_claim",
							   "Sets the claim of a token that contains the id of the user.",
							   NULL, &settings_jwt_user_claim, "sub",
							   PGC_SUSET, 0, check_user_claim, assign_claim, NULL);
	DefineCustomStringVariable("taskcrm.jwt_org_claim",
							   "Sets the claim of a token that contains the id of the organization that the token is for.",
							   "If it is empty, no claim is read.",
							   &settings_jwt_org_claim, "org_id",
							   PGC_SUSET, 0, check_org_claim, assign_claim, NULL);
	/* The issuer must be trusted with the emails of everybody, admins included. */
	DefineCustomBoolVariable("taskcrm.jwt_email_login",
							 "Lets the verified email of a token identify a user without an external id.",
							 "It is used only if sub names no user and email_verified is true.",
							 &settings_jwt_email_login, false,
							 PGC_SUSET, 0, NULL, assign_claim_use, NULL);
	/* Off: a token for an organization that was deleted must not work in another one. */
	DefineCustomBoolVariable("taskcrm.jwt_ignore_unknown_org",
							 "Ignores the organization of a token if it is not one of this database.",
							 "If it is off, such a token is refused.",
							 &settings_jwt_ignore_unknown_org, false,
							 PGC_SUSET, 0, NULL, assign_claim_use, NULL);
}

static void
define_limits(void)
{
	/* The rows of a page are held in memory. */
	DefineCustomIntVariable("taskcrm.max_limit",
							"Sets the maximum limit that a list accepts.",
							NULL, &settings_max_limit, 1000, 1, 100000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	/* A search in descriptions keeps the ids of the tasks that it finds in memory. */
	DefineCustomIntVariable("taskcrm.max_search_ids",
							"Sets the number of tasks that a search in descriptions looks up once; if there are more, each count reads the index again.",
							NULL, &settings_max_search_ids, 200000, 1, 5000000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	/* Every answer of tc_get_task() contains them. */
	DefineCustomIntVariable("taskcrm.max_users_mention",
							"Sets the maximum number of users that tc_get_task offers for mentions.",
							NULL, &settings_max_users_mention, 500, 0, 10000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	/* A value is limited to 1 GB, and so is the hexadecimal text of a file. */
	DefineCustomIntVariable("taskcrm.max_attachment_size",
							"Sets the maximum size of an attachment.",
							NULL, &settings_max_attachment_size, 10 * 1024 * 1024, 0, 500 * 1024 * 1024,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	/* A body is held in memory, together with what is made from it. */
	DefineCustomIntVariable("taskcrm.max_body_size",
							"Sets the maximum size of the body of a request to tc_http_request.",
							NULL, &settings_max_body_size, 32 * 1024 * 1024, 0, 1024 * 1024 * 1024,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	/*
	 * Leaves memory for what the server and a gateway make of an answer, such as
	 * hexadecimal digits; without the limit, a large page would fail to allocate memory.
	 * A single task stays far below the default.
	 */
	DefineCustomIntVariable("taskcrm.max_answer_size",
							"Sets the maximum size of an answer in JSON.",
							NULL, &settings_max_answer_size, 128 * 1024 * 1024, 64 * 1024, 256 * 1024 * 1024,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	/* What is deleted by mistake is missed after some time. */
	DefineCustomIntVariable("taskcrm.bin_retention",
							"Sets for how long deleted tasks can be restored.",
							"If it is 0, they are deleted at once.",
							&settings_bin_retention, 30 * 24 * 60, 0, 10 * 365 * 24 * 60,
							PGC_SUSET, GUC_UNIT_MIN, NULL, NULL, NULL);
	/* How long history must be kept, or must not be, is for the administrator to know. */
	DefineCustomIntVariable("taskcrm.event_retention",
							"Sets for how long events are kept.",
							"If it is 0, they are kept for ever.",
							&settings_event_retention, 0, 0, 100 * 365 * 24 * 60,
							PGC_SUSET, GUC_UNIT_MIN, NULL, NULL, NULL);
}

/* Defines the settings.  Called by _PG_init(). */
void
settings_define(void)
{
	define_limits();
	/* A gateway may serve the API under another path than the specification's. */
	DefineCustomStringVariable("taskcrm.base_path",
							   "Sets the path with which the paths of the REST API begin.",
							   NULL, &settings_base_path, "/api/tasks/",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	/* Empty: a browser then lets only pages of the API's own origin read answers. */
	DefineCustomStringVariable("taskcrm.cors_origins",
							   "Sets the origins whose pages may read answers of tc_http_request.",
							   "The origins are separated by commas and written as browsers send them, such as https://app.example. An asterisk allows all origins.",
							   &settings_cors_origins, "",
							   PGC_SUSET, 0, check_cors_origins, NULL, NULL);
	/* Not the session's TimeZone: what is overdue must not differ by client. */
	DefineCustomStringVariable("taskcrm.time_zone",
							   "Sets the time zone in which days begin, unless a call specifies one.",
							   NULL, &time_zone, DEFAULT_TIME_ZONE,
							   PGC_SUSET, 0, check_time_zone, assign_time_zone, NULL);
	/* Off: commits that notify wait for each other, and every session can listen. */
	DefineCustomBoolVariable("taskcrm.notify",
							 "Notifies the channel taskcrm of the organizations that a transaction has changed.",
							 NULL, &settings_notify, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	/* Off: what a webhook sends could be read on its way. */
	DefineCustomBoolVariable("taskcrm.webhook_allow_http",
							 "Lets webhooks have URLs that begin with http.",
							 "If it is off, only https is allowed.",
							 &settings_webhook_allow_http, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	define_token_settings();
}

/* Returns the zone of taskcrm.time_zone.  Never NULL. */
pg_tz *
settings_zone(void)
{
	/* pg_tzset() caches zones, so this is cheap. */
	if (zone == NULL)
		zone = pg_tzset(time_zone);
	if (zone == NULL)
		elog(ERROR, "could not read time zone \"%s\"", time_zone);
	return zone;
}

/* Returns how much of the base path is above it: all but its last segment. */
static int
length_above_base(void)
{
	int			length = (int) strlen(settings_base_path) - 1;

	while (length > 0 && settings_base_path[length - 1] != '/')
		length--;
	return Max(length, 1);
}

/*
 * Appends a path of the API.  path: what follows taskcrm.base_path, or with
 * SETTINGS_PATH_ABOVE before it, what follows the path above.
 */
void
settings_append_path(StringInfo text, const char *path)
{
	if (strncmp(path, SETTINGS_PATH_ABOVE, strlen(SETTINGS_PATH_ABOVE)) == 0)
		appendStringInfo(text, "%.*s%s", length_above_base(), settings_base_path,
						 path + strlen(SETTINGS_PATH_ABOVE));
	else
		appendStringInfo(text, "%s%s", settings_base_path, path);
}
