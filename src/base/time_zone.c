/*
 * time_zone.c
 *		Time zones by name.
 */
#include "postgres.h"

#include "base/time_zone.h"

/*
 * Returns whether a name can be in the time zone database, rather than a POSIX
 * specification with offsets.  The number of those is unlimited, and the server caches
 * every zone that it is asked for.
 */
static bool
is_zone_name(const char *name)
{
	static const char *const with_digits[] = {"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0"};
	const char *digits;

	for (int i = 0; i < (int) lengthof(with_digits); i++)
	{
		if (pg_strcasecmp(name, with_digits[i]) == 0)
			return true;
	}
	digits = name + strcspn(name, "0123456789");
	if (*digits == '\0')
		return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/-+") == strlen(name);
	/* Etc/GMT+12 to Etc/GMT-14 */
	return pg_strncasecmp(name, "Etc/GMT", 7) == 0 && strlen(digits) <= 2 && strspn(digits, "0123456789") == strlen(digits) &&
		(digits == name + 7 || (digits == name + 8 && (name[7] == '+' || name[7] == '-')));
}

/*
 * Returns the zone with a name in the time zone database, ignoring case, or NULL. Never
 * raises an error.
 */
pg_tz *
time_zone_find(const char *name)
{
	pg_tz	   *zone = is_zone_name(name) ? pg_tzset(name) : NULL;

	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}
