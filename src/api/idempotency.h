/*
 * idempotency.h
 *		Answers that are kept, so that a call that is sent again is not done again.
 */
#ifndef TASKCRM_IDEMPOTENCY_H
#define TASKCRM_IDEMPOTENCY_H

#include "identity/identity.h"

extern bool idempotency_begin(const Identity *identity, Datum key, Datum request, Datum *answer);
extern void idempotency_end(const Identity *identity, Datum key, Datum answer);

#endif
