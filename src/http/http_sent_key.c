/*
 * http_sent_key.c
 *		Reads bodies and query strings that have a fixed set of keys.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "http/http_body.h"
#include "http/http_sent_key.h"
#include "wire/datetime.h"
#include "wire/json_read.h"

typedef struct SentKeys
{
	const char *where;			/* for messages */
	int			count;
	SentKey    *keys;
} SentKeys;

static void
read_sent_id(pg_uuid_t *id, const JsonReadKey *key, const char *value)
{
	if (!tc_uuid_parse(value, id))
		json_read_invalid(key, ERRCODE_INVALID_TEXT_REPRESENTATION, "It is not a valid id.", NULL);
}

static void
read_sent_ids(IdSet *set, const JsonReadKey *key, const JsonbValue *value)
{
	char	  **strings;
	int			count = json_read_array(key, value, &strings);
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * Max(count, 1));

	for (int i = 0; i < count; i++)
		read_sent_id(&ids[i], key, strings[i]);
	id_set_make(set, ids, count);
}

static void
read_sent_value(SentKey *sent, const JsonReadKey *key, const JsonbValue *value)
{
	switch (sent->kind)
	{
		case SENT_TEXT:
			sent->string = cstring_to_text(json_read_string(key, value));
			break;
		case SENT_ID:
			read_sent_id(&sent->id, key, json_read_string(key, value));
			break;
		case SENT_IDS:
			read_sent_ids(&sent->ids, key, value);
			break;
		case SENT_TIME:
			if (!datetime_parse_instant(json_read_string(key, value), &sent->time))
				json_read_invalid(key, ERRCODE_INVALID_DATETIME_FORMAT, "It is not a time.",
								  "Write YYYY-MM-DDThh:mm:ss with Z or an offset such as +02:00.");
			break;
		case SENT_FLAG:
			sent->flag = json_read_bool(key, value);
			break;
		case SENT_OBJECT:
			sent->object = JsonbValueToJsonb(unconstify(JsonbValue *, value));
			break;
		case SENT_READ_ONLY:
			break;
	}
}

static void
note_sent_key(void *state, const char *name, const JsonbValue *value)
{
	SentKeys   *sent = state;
	JsonReadKey key = {.object = sent->where, .key = name};
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < sent->count; i++)
	{
		SentKey    *known = &sent->keys[i];

		if (known->kind != SENT_READ_ONLY)
			appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", known->key);
		if (strcmp(known->key, name) != 0)
			continue;
		known->is_sent = true;
		known->isnull = value->type == jbvNull;
		if (!known->isnull)
			read_sent_value(known, &key, value);
		else if (!known->nullable && known->kind != SENT_READ_ONLY)
			json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be null.", NULL);
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in %s", json_read_clip(name), sent->where),
			 list.len > 0 ? errhint("Valid keys are %s.", list.data) : 0));
}

/*
 * Reads an object by its keys.  keys: which ones there are, with what is wanted; set to what was
 * sent.  where: names the object in messages.  json: NULL for an empty one.  Raises 22023,
 * 22P02 or 22007, naming the key.
 */
void
http_sent_read(SentKey *keys, int count, const char *where, Jsonb *json)
{
	SentKeys	sent = {.where = where, .count = count, .keys = keys};

	for (int i = 0; i < count; i++)
		keys[i].isnull = true;
	if (json != NULL)
		json_read_object(&json->root, where, note_sent_key, &sent);
	for (int i = 0; i < count; i++)
	{
		JsonReadKey key = {.object = where, .key = keys[i].key};

		if (keys[i].required && !keys[i].is_sent)
			json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It is required.", NULL);
	}
}

/* Raises 22023 for any parameter: the answer would be the same without it. */
void
http_sent_refuse_query(const HttpRequest *request)
{
	http_sent_read(NULL, 0, "the query string", http_request_filters(request));
}

/* Returns whether any key was sent that clients only read. */
bool
http_sent_is_back(const SentKey *keys, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (keys[i].kind == SENT_READ_ONLY && keys[i].is_sent)
			return true;
	}
	return false;
}

/* Reads the keys of the body of a request, which has no files, like http_sent_read(). */
void
http_sent_read_body(SentKey *keys, int count, const HttpRequest *request)
{
	HttpBody	body;

	http_body_read_object(&body, request);
	http_sent_read(keys, count, "body", body.json);
}

/* Returns the id that was sent, or NULL. */
const pg_uuid_t *
http_sent_id(const SentKey *sent)
{
	return sent->isnull ? NULL : &sent->id;
}
