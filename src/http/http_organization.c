/*
 * http_organization.c
 *		Requests about the caller, the organization, its members, teams and invitations.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/api_operations.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "identity/whoami.h"
#include "wire/datetime.h"
#include "wire/json_read.h"

typedef enum SentKind
{
	SENT_TEXT,
	SENT_ID,
	SENT_IDS,
	SENT_TIME,
	SENT_FLAG,
	SENT_OBJECT
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

		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", known->key);
		if (strcmp(known->key, name) != 0)
			continue;
		known->is_sent = true;
		known->isnull = value->type == jbvNull;
		if (!known->isnull)
			read_sent_value(known, &key, value);
		else if (!known->nullable)
			json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "It must not be null.", NULL);
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in %s", json_read_clip(name), sent->where),
			 errhint("Valid keys are %s.", list.data)));
}

/* Reads an object by its keys.  Raises 22023, 22P02 or 22007, naming the key. */
static void
read_sent_keys(SentKey *keys, int count, const char *where, Jsonb *json)
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

static void
read_sent_body(SentKey *keys, int count, const HttpRequest *request)
{
	HttpBody	body;

	http_body_read_object(&body, request);
	read_sent_keys(keys, count, "body", body.json);
}

static const pg_uuid_t *
sent_id(const SentKey *sent)
{
	return sent->isnull ? NULL : &sent->id;
}

static void
answer_with(HttpResponse *response, int status, Datum answer)
{
	http_response_begin(response, status);
	http_response_set_json(response, answer);
}

/* GET of the caller. */
void
http_get_me(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, whoami_json());
}

/* PATCH of the caller. */
void
http_update_me(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "name", .kind = SENT_TEXT, .required = true}};

	read_sent_body(keys, lengthof(keys), request);
	http_etag_refuse_conditions(request);
	answer_with(response, 200, api_update_me(keys[0].string));
}

/* GET of the organization. */
void
http_get_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_get_organization());
}

/* PATCH of the organization. */
void
http_update_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "name", .kind = SENT_TEXT, .required = true}};

	read_sent_body(keys, lengthof(keys), request);
	http_etag_refuse_conditions(request);
	answer_with(response, 200, api_update_organization(keys[0].string));
}

/* GET of all rows of the organization. */
void
http_export_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_response_begin(response, 200);
	http_etag_add_caching(response);
	http_response_set_text(response, api_export_organization(), "application/x-ndjson");
}

/* GET of the members of a team. */
void
http_list_team_members(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_team_members(pk, http_request_filters(request)));
}

/* Raises 22023 if an id is in both sets. */
static void
refuse_common_id(const IdSet *add, const IdSet *remove)
{
	JsonReadKey key = {.object = "body", .key = "add"};
	const pg_uuid_t *id = id_set_common(add, remove);
	char		text[TC_UUID_TEXT_LEN + 1];

	if (id == NULL)
		return;
	tc_uuid_format(id, text);
	json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, psprintf("%s is also in \"remove\".", text), NULL);
}

/* PATCH of the members of a team. */
void
http_change_team_members(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "add", .kind = SENT_IDS}, {.key = "remove", .kind = SENT_IDS}};

	read_sent_body(keys, lengthof(keys), request);
	http_etag_refuse_conditions(request);
	refuse_common_id(&keys[0].ids, &keys[1].ids);
	api_change_team_members(pk, &keys[0].ids, &keys[1].ids);
	http_response_begin(response, 204);
}

/* PATCH of a member. */
void
http_update_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "role", .kind = SENT_TEXT}, {.key = "is_active", .kind = SENT_FLAG}};
	NullableDatum is_active = {.isnull = true};

	read_sent_body(keys, lengthof(keys), request);
	http_etag_refuse_conditions(request);
	if (!keys[1].isnull)
		is_active = (NullableDatum) {.value = BoolGetDatum(keys[1].flag)};
	answer_with(response, 200, api_update_member(pk, keys[0].string, is_active));
}

/* DELETE of a member.  The answer counts the member's tasks. */
void
http_remove_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "reassign_to", .kind = SENT_ID}};

	read_sent_keys(keys, lengthof(keys), "the query string", http_request_filters(request));
	http_etag_refuse_conditions(request);
	answer_with(response, 200, api_remove_member(pk, sent_id(&keys[0])));
}

/* POST /api/tasks/reassign/. */
void
http_reassign(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {
		{.key = "from_user", .kind = SENT_ID, .required = true},
		{.key = "to_user", .kind = SENT_ID, .required = true, .nullable = true},
		{.key = "filters", .kind = SENT_OBJECT, .nullable = true}
	};

	read_sent_body(keys, lengthof(keys), request);
	answer_with(response, 200, api_reassign(&keys[0].id, sent_id(&keys[1]), keys[2].object));
}

/* GET /api/invitations/. */
void
http_list_invitations(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_invitations());
}

/* POST /api/invitations/. */
void
http_invite_member(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {
		{.key = "email", .kind = SENT_TEXT, .required = true, .nullable = true},
		{.key = "role", .kind = SENT_TEXT},
		{.key = "expires_on", .kind = SENT_TIME, .nullable = true}
	};
	text	   *role;

	read_sent_body(keys, lengthof(keys), request);
	role = keys[1].isnull ? cstring_to_text("member") : keys[1].string;
	answer_with(response, 201, api_invite_member(keys[0].string, role, keys[2].isnull ? NULL : &keys[2].time));
}

/* DELETE of an invitation. */
void
http_revoke_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_refuse_conditions(request);
	api_revoke_invitation(pk);
	http_response_begin(response, 204);
}

/* POST /api/invitations/accept/. */
void
http_accept_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "token", .kind = SENT_TEXT, .required = true}};

	read_sent_body(keys, lengthof(keys), request);
	answer_with(response, 200, api_accept_invitation(keys[0].string));
}
