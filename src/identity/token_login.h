/*
 * token_login.h
 *		Verifying a token, and being the user that it names.
 */
#ifndef TASKCRM_TOKEN_LOGIN_H
#define TASKCRM_TOKEN_LOGIN_H

extern void token_login(const char *token, size_t length);

#endif
