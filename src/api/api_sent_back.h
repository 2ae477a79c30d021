/*
 * api_sent_back.h
 *		Accepts what a client read and sends back with changes.
 */
#ifndef TASKCRM_API_SENT_BACK_H
#define TASKCRM_API_SENT_BACK_H

#include "utils/jsonb.h"

#include "base/compat.h"

#define SENT_BACK_MAX_WRITTEN 6

/* The sent data, for comparison and messages. */
typedef struct SentBackKind
{
	const char *object;			/* the data, such as task_data */
	const char *written[SENT_BACK_MAX_WRITTEN]; /* the keys that may be changed */
	/* Returns whether a key may differ from its present value because of others; or NULL. */
	bool		(*may_differ) (const char *name, const JsonbValue *sent, const JsonbValue *present);
	const char *unknown_hint;
	const char *changed_hint;
} SentBackKind;

extern const SentBackKind sent_back_task_kind;
extern const SentBackKind sent_back_comment_kind;
extern const SentBackKind sent_back_view_kind;
extern const SentBackKind sent_back_webhook_kind;
extern const SentBackKind sent_back_member_kind;
extern const SentBackKind sent_back_organization_kind;

extern JsonbContainer *sent_back_task(Jsonb *task_data);
extern void sent_back_check(const SentBackKind *kind, Jsonb *sent, Datum present);
tc_noreturn extern void sent_back_unknown_key(const SentBackKind *kind, const char *name);

#endif
