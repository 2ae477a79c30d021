/*
 * stored_answer.h
 *		The answers of calls with an idempotency key, by organization, user and key.
 */
#ifndef TASKCRM_STORED_ANSWER_H
#define TASKCRM_STORED_ANSWER_H

#include "identity/identity.h"

typedef struct StoredAnswer
{
	bool		same_request;	/* it answers the same request */
	bool		has_answer;		/* false while the call is in progress */
	Datum		answer;			/* text, valid until SPI_finish() */
} StoredAnswer;

extern bool stored_answer_begin(StoredAnswer *answer, const Identity *identity, Datum key, Datum request);
extern void stored_answer_keep(const Identity *identity, Datum key, Datum answer);
extern void stored_answer_expire(const pg_uuid_t *org_id);

#endif
