/*
 * request_settings.h
 *		What the session's settings say about the caller.
 */
#ifndef TASKCRM_REQUEST_SETTINGS_H
#define TASKCRM_REQUEST_SETTINGS_H

struct TokenIdentity;

/*
 * The current settings that determine the identity.  A member is NULL if the setting is
 * unset or empty.  The strings belong to the settings: copy those that must live longer.
 */
typedef struct IdentitySettings
{
	const char *claims;			/* request.jwt.claims, with its mark */
	const char *headers;		/* request.headers */
	const char *org_id;			/* taskcrm.org_id */
	const char *user_id;		/* taskcrm.user_id, with its mark */
	const struct TokenIdentity *token;	/* of tc_login() */
	const char *token_text;		/* identifies it */
} IdentitySettings;

extern void request_settings_define(void);
extern void request_settings_read(IdentitySettings *settings);
extern char *request_settings_of_transaction(const char *marked);

#endif
