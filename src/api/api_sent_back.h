/*
 * api_sent_back.h
 *		What was read and is sent back to be changed.
 */
#ifndef TASKCRM_API_SENT_BACK_H
#define TASKCRM_API_SENT_BACK_H

#include "utils/jsonb.h"

#include "base/compat.h"

/* What is sent back, for comparing and for messages. */
typedef struct SentBackKind
{
	const char *noun;			/* what is sent, such as task_data */
	const char *thing;			/* what it was read from */
	const char *written;		/* the key that can be written */
	const char *unknown_hint;
	const char *changed_hint;
} SentBackKind;

extern const SentBackKind sent_back_task_kind;
extern const SentBackKind sent_back_comment_kind;

extern JsonbContainer *sent_back_task(Jsonb *task_data);
extern void sent_back_check(const SentBackKind *kind, Jsonb *sent, Datum present);
tc_noreturn extern void sent_back_unknown_key(const SentBackKind *kind, const char *name);

#endif
