/*
 * email.h
 *		Checks email addresses.
 */
#ifndef TASKCRM_EMAIL_H
#define TASKCRM_EMAIL_H

/* Maximum length of an email in characters (RFC 5321). */
#define EMAIL_MAX 254

extern const char *email_problem(const char *text);

#endif
