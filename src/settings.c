/*
 * settings.c
 *		The administrator's settings.
 *
 * PGC_SUSET, all of them: they are caps and defaults for clients, and a client who
 * could SET them would lift its own.  The two that a client sets are in
 * identity/setting.c.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "settings.h"
#include "wire/datetime.h"

int			settings_max_limit = 1000;
int			settings_max_users_mention = 500;
int			settings_max_attachment_size = 10 * 1024 * 1024;
char	   *settings_base_path = NULL;

static char *time_zone = NULL;
static pg_tz *zone = NULL;

static bool
check_time_zone(char **newval, void **extra, GucSource source)
{
	if (datetime_zone(*newval) == NULL)
	{
		GUC_check_errdetail("There is no such time zone.");
		return false;
	}
	return true;
}

static void
assign_time_zone(const char *newval, void *extra)
{
	/* pg_tzset() keeps the zones it was asked for. */
	zone = pg_tzset(newval);
}

/* Defines the settings.  For _PG_init. */
void
settings_define(void)
{
	/* A page is built in memory: this bounds it. */
	DefineCustomIntVariable("taskcrm.max_limit",
							"The largest limit that a list of tasks accepts.",
							NULL, &settings_max_limit, 1000, 1, 100000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	/* Every answer of tc_get_task() carries them. */
	DefineCustomIntVariable("taskcrm.max_users_mention",
							"How many users tc_get_task offers for mentions.",
							NULL, &settings_max_users_mention, 500, 0, 100000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	/* A value of a column cannot have more than 1 GB, base64 of it a third more. */
	DefineCustomIntVariable("taskcrm.max_attachment_size",
							"The largest attachment that is kept.",
							NULL, &settings_max_attachment_size, 10 * 1024 * 1024, 0, 512 * 1024 * 1024,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	/* A gateway may serve the API below another path than the specification's. */
	DefineCustomStringVariable("taskcrm.base_path",
							   "The path that links to pages begin with.",
							   NULL, &settings_base_path, "/api/tasks/",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	/* Not the session's TimeZone: what is overdue must not differ by client. */
	DefineCustomStringVariable("taskcrm.time_zone",
							   "The time zone in which days begin where a call names none.",
							   NULL, &time_zone, "UTC",
							   PGC_SUSET, 0, check_time_zone, assign_time_zone, NULL);
}

/* The zone of taskcrm.time_zone.  Never NULL. */
pg_tz *
settings_zone(void)
{
	return zone;
}
