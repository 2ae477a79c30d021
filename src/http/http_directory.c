/*
 * http_directory.c
 *		Requests for accounts, contacts, teams and users.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/api_operations.h"
#include "base/settings.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"

static void
list_directory(DirectoryNoun noun, const HttpRequest *request, HttpResponse *response)
{
	Datum		answer = api_list_directory(noun, http_request_filters(request));

	http_response_begin(response, 200);
	http_etag_add_caching(response);
	http_response_set_json(response, answer);
}

static void
get_directory(DirectoryNoun noun, const pg_uuid_t *pk, HttpResponse *response)
{
	Datum		answer = api_get_directory(noun, pk);

	http_response_begin(response, 200);
	http_etag_add_caching(response);
	http_response_set_json(response, answer);
}

static bool
is_no_array(const char *name)
{
	return false;
}

/* Adds the path of a new row; its object begins with its id. */
static void
add_location(DirectoryNoun noun, Datum answer, HttpResponse *response)
{
	static const char begin[] = "{\"id\":\"";
	const char *json = TextDatumGetCString(answer);
	StringInfoData path;

	/* A stored answer that was inserted into the table by other means may be anything. */
	if (strncmp(json, begin, strlen(begin)) != 0 || strlen(json) < strlen(begin) + TC_UUID_TEXT_LEN)
		return;
	initStringInfo(&path);
	settings_append_path(&path, directory_kinds[noun].path);
	appendBinaryStringInfo(&path, json + strlen(begin), TC_UUID_TEXT_LEN);
	appendStringInfoChar(&path, '/');
	http_response_add_header(response, "location", path.data);
}

static void
create_directory(DirectoryNoun noun, const HttpRequest *request, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	HttpBody	body;
	Datum		answer;

	http_body_read(&body, request, is_no_array);
	http_body_refuse_files(&body, 0);
	answer = api_create_directory(noun, body.json, &keyed);
	http_response_begin_created(response, &keyed);
	add_location(noun, answer, response);
	http_response_set_json(response, answer);
}

static void
update_directory(DirectoryNoun noun, const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	HttpBody	body;
	Datum		answer;

	http_body_read(&body, request, is_no_array);
	http_body_refuse_files(&body, 0);
	http_etag_refuse_conditions(request);
	answer = api_update_directory(noun, pk, body.json);
	http_response_begin(response, 200);
	http_response_set_json(response, answer);
}

static void
delete_directory(DirectoryNoun noun, const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_refuse_conditions(request);
	api_delete_directory(noun, pk);
	http_response_begin(response, 204);
}

/* GET /api/accounts/. */
void
http_list_accounts(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	list_directory(DIRECTORY_ACCOUNT, request, response);
}

/* GET /api/contacts/. */
void
http_list_contacts(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	list_directory(DIRECTORY_CONTACT, request, response);
}

/* GET /api/teams/. */
void
http_list_teams(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	list_directory(DIRECTORY_TEAM, request, response);
}

/* GET /api/users/. */
void
http_list_users(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	list_directory(DIRECTORY_MEMBER, request, response);
}

/* GET of an account. */
void
http_get_account(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	get_directory(DIRECTORY_ACCOUNT, pk, response);
}

/* GET of a contact. */
void
http_get_contact(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	get_directory(DIRECTORY_CONTACT, pk, response);
}

/* GET of a team. */
void
http_get_team(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	get_directory(DIRECTORY_TEAM, pk, response);
}

/* GET of a user. */
void
http_get_user(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	get_directory(DIRECTORY_MEMBER, pk, response);
}

/* POST /api/accounts/. */
void
http_create_account(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	create_directory(DIRECTORY_ACCOUNT, request, response);
}

/* PUT and PATCH of an account; both change only what is sent. */
void
http_update_account(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	update_directory(DIRECTORY_ACCOUNT, request, pk, response);
}

/* DELETE of an account. */
void
http_delete_account(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	delete_directory(DIRECTORY_ACCOUNT, request, pk, response);
}

/* POST /api/contacts/. */
void
http_create_contact(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	create_directory(DIRECTORY_CONTACT, request, response);
}

/* PUT and PATCH of a contact; both change only what is sent. */
void
http_update_contact(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	update_directory(DIRECTORY_CONTACT, request, pk, response);
}

/* DELETE of a contact. */
void
http_delete_contact(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	delete_directory(DIRECTORY_CONTACT, request, pk, response);
}

/* POST /api/teams/. */
void
http_create_team(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	create_directory(DIRECTORY_TEAM, request, response);
}

/* PUT and PATCH of a team; both change only what is sent. */
void
http_update_team(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	update_directory(DIRECTORY_TEAM, request, pk, response);
}

/* DELETE of a team. */
void
http_delete_team(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	delete_directory(DIRECTORY_TEAM, request, pk, response);
}
