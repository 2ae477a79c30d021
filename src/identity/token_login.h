/*
 * token_login.h
 *		Verifies a token and makes its user the caller.
 */
#ifndef TASKCRM_TOKEN_LOGIN_H
#define TASKCRM_TOKEN_LOGIN_H

extern void token_login(const char *token, size_t length);

#endif
