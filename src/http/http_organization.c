/*
 * http_organization.c
 *		Requests about the caller, the organization, its members, teams and invitations.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/api_operations.h"
#include "api/api_sent_back.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "http/http_sent_key.h"
#include "identity/whoami.h"
#include "wire/json_read.h"

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

	Datum		answer;

	http_sent_read_body(keys, lengthof(keys), request);
	answer = api_update_me(keys[0].string);
	http_etag_refuse_conditions(request);
	answer_with(response, 200, answer);
}

/* GET of the organization. */
void
http_get_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_get_organization());
}

/*
 * Reads the body of a change, which may be what was read.  Returns it for check_change(), or
 * NULL if it has no key that clients only read.
 */
static Jsonb *
read_change(SentKey *keys, int count, const HttpRequest *request)
{
	HttpBody	body;

	http_body_read_object(&body, request);
	http_sent_read(keys, count, "body", body.json);
	return http_sent_is_back(keys, count) ? body.json : NULL;
}

/*
 * Raises 22023 if keys that a change leaves as they are were sent with other values, and PT412.
 * answer: after the change.
 */
static void
check_change(const HttpRequest *request, const SentBackKind *kind, Jsonb *sent, Datum answer)
{
	if (sent != NULL)
		sent_back_check(kind, sent, answer);
	http_etag_refuse_conditions(request);
}

/* PATCH of the organization. */
void
http_update_organization(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {
		{.key = "name", .kind = SENT_TEXT, .required = true},
		{.key = "id", .kind = SENT_READ_ONLY},
		{.key = "created_on", .kind = SENT_READ_ONLY}
	};
	Jsonb	   *sent = read_change(keys, lengthof(keys), request);
	Datum		answer = api_update_organization(keys[0].string);

	check_change(request, &sent_back_organization_kind, sent, answer);
	answer_with(response, 200, answer);
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

	http_sent_read_body(keys, lengthof(keys), request);
	refuse_common_id(&keys[0].ids, &keys[1].ids);
	api_change_team_members(pk, &keys[0].ids, &keys[1].ids);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}

/* PATCH of a member. */
void
http_update_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {
		{.key = "role", .kind = SENT_TEXT},
		{.key = "is_active", .kind = SENT_FLAG},
		{.key = "id", .kind = SENT_READ_ONLY},
		{.key = "name", .kind = SENT_READ_ONLY},
		{.key = "email", .kind = SENT_READ_ONLY}
	};
	NullableDatum is_active = {.isnull = true};
	Jsonb	   *sent = read_change(keys, lengthof(keys), request);
	Datum		answer;

	if (!keys[1].isnull)
		is_active = (NullableDatum) {.value = BoolGetDatum(keys[1].flag)};
	answer = api_update_member(pk, keys[0].string, is_active);
	check_change(request, &sent_back_member_kind, sent, answer);
	answer_with(response, 200, answer);
}

/* DELETE of a member.  The answer counts the member's tasks. */
void
http_remove_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "reassign_to", .kind = SENT_ID}};
	Datum		answer;

	http_sent_read(keys, lengthof(keys), "the query string", http_request_filters(request));
	answer = api_remove_member(pk, http_sent_id(&keys[0]));
	http_etag_refuse_conditions(request);
	answer_with(response, 200, answer);
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

	http_sent_read_body(keys, lengthof(keys), request);
	answer_with(response, 200, api_reassign(&keys[0].id, http_sent_id(&keys[1]), keys[2].object));
}

/* GET /api/invitations/. */
void
http_list_invitations(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_sent_refuse_query(request);
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

	http_sent_read_body(keys, lengthof(keys), request);
	role = keys[1].isnull ? cstring_to_text("member") : keys[1].string;
	answer_with(response, 201, api_invite_member(keys[0].string, role, keys[2].isnull ? NULL : &keys[2].time));
}

/* DELETE of an invitation. */
void
http_revoke_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	api_revoke_invitation(pk);
	http_etag_refuse_conditions(request);
	http_response_begin(response, 204);
}

/* POST /api/invitations/accept/. */
void
http_accept_invitation(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	SentKey		keys[] = {{.key = "token", .kind = SENT_TEXT, .required = true}};

	http_sent_read_body(keys, lengthof(keys), request);
	answer_with(response, 200, api_accept_invitation(keys[0].string));
}
