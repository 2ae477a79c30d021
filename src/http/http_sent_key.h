/*
 * http_sent_key.h
 *		Reads bodies and query strings that have a fixed set of keys.
 */
#ifndef TASKCRM_HTTP_SENT_KEY_H
#define TASKCRM_HTTP_SENT_KEY_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/id_set.h"
#include "base/uuid.h"
#include "http/http_request.h"

typedef enum SentKind
{
	SENT_TEXT,
	SENT_ID,
	SENT_IDS,
	SENT_TIME,
	SENT_FLAG,
	SENT_OBJECT,
	SENT_READ_ONLY				/* of what was read; compare it with sent_back_check() */
} SentKind;

/* A key of a body or a query string, and the value that was sent. */
typedef struct SentKey
{
	const char *key;
	SentKind	kind;
	bool		required;
	bool		nullable;
	/* what was sent: */
	bool		is_sent;
	bool		isnull;			/* also if it was not sent */
	text	   *string;
	pg_uuid_t	id;
	IdSet		ids;
	TimestampTz time;
	bool		flag;
	Jsonb	   *object;
} SentKey;

extern void http_sent_read(SentKey *keys, int count, const char *where, Jsonb *json);
extern void http_sent_refuse_query(const HttpRequest *request);
extern bool http_sent_is_back(const SentKey *keys, int count);
extern void http_sent_read_body(SentKey *keys, int count, const HttpRequest *request);
extern const pg_uuid_t *http_sent_id(const SentKey *sent);

#endif
