/*
 * attempt.h
 *		Does something that may fail, in a subtransaction.
 */
#ifndef TASKCRM_ATTEMPT_H
#define TASKCRM_ATTEMPT_H

typedef void (*AttemptBody) (void *state);
typedef bool (*AttemptExpects) (int sqlstate);

extern bool attempt(AttemptBody body, void *state, AttemptExpects expects);

#endif
