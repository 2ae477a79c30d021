/*
 * login.h
 *		Verifying a token, and being the user that it names.
 */
#ifndef TASKCRM_LOGIN_H
#define TASKCRM_LOGIN_H

extern void login(const char *token, size_t length);

#endif
