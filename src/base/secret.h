/*
 * secret.h
 *		Statements that have a secret in them.
 */
#ifndef TASKCRM_SECRET_H
#define TASKCRM_SECRET_H

extern void secret_begin(ErrorContextCallback *frame);
extern void secret_end(const ErrorContextCallback *frame);

#endif
