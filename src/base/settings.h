/*
 * settings.h
 *		The administrator's settings.
 */
#ifndef TASKCRM_SETTINGS_H
#define TASKCRM_SETTINGS_H

#include "lib/stringinfo.h"
#include "pgtime.h"

/* A path that begins with this is next to the base path rather than below it. */
#define SETTINGS_PATH_ABOVE "../"

extern int	settings_max_limit;
extern int	settings_max_search_ids;
extern int	settings_max_users_mention;
extern int	settings_max_attachment_size;
extern int	settings_max_body_size;
extern int	settings_max_answer_size;
extern int	settings_bin_retention;
extern int	settings_event_retention;
extern char *settings_base_path;
extern char *settings_cors_origins;
extern bool settings_notify;
extern bool settings_webhook_allow_http;
extern int	settings_jwt_leeway;
extern char *settings_jwt_user_claim;
extern char *settings_jwt_org_claim;
extern bool settings_jwt_email_login;
extern bool settings_jwt_ignore_unknown_org;
extern uint64 settings_claims_generation;

extern void settings_define(void);
extern pg_tz *settings_zone(void);
extern void settings_append_path(StringInfo text, const char *path);

#endif
