/*
 * http_tasks.c
 *		Requests for tasks.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_operations.h"
#include "base/settings.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "http/http_prefer.h"
#include "task/task_fields.h"
#include "wire/json_build.h"

/* GET /api/tasks/.  Raises the errors of api_list_tasks(). */
void
http_list_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_list_tasks(http_request_filters(request)));
}

/* GET of the totals.  Raises the errors of api_task_totals(). */
void
http_get_totals(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_etag_answer_uncached(response, api_task_totals(http_request_filters(request)));
}

/* Moves a parameter of the query string from the filters to the options. */
static void
take_option(const HttpRequest *request, const char *name, Jsonb **filters, JsonBuild *options)
{
	text	   *value = http_request_parameter(request, name);

	if (*filters != NULL)
		*filters = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(*filters), CStringGetTextDatum(name)));
	if (value != NULL)
		json_build_add(options, pstrdup(name), text_to_cstring(value));
}

/* GET of groups.  Raises the errors of api_group_tasks(). */
void
http_group_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	text	   *group_by = http_request_parameter(request, "group_by");
	Jsonb	   *filters = http_request_filters(request);
	JsonBuild	options;
	JsonBuild	unused;

	json_build_begin(&options);
	json_build_begin(&unused);
	take_option(request, "group_by", &filters, &unused);
	take_option(request, "period", &filters, &options);
	take_option(request, "max_groups", &filters, &options);
	take_option(request, "skip_groups", &filters, &options);
	http_etag_answer_uncached(response, api_group_tasks(filters, group_by, json_build_end(&options, NULL)));
}

static char *
path_of_task(const pg_uuid_t *id)
{
	char		text[TC_UUID_TEXT_LEN + 1];

	tc_uuid_format(id, text);
	return psprintf("%s%s/", settings_base_path, text);
}

/* POST /api/tasks/.  Raises the errors of http_body_read() and api_create_task(). */
void
http_create_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	HttpBody	body;
	TaskMark	mark;
	Datum		answer;

	http_body_read(&body, request, task_field_is_list);
	answer = api_create_task(body.json, http_request_parameter(request, "expand"), &keyed, &body.files, &mark);
	http_response_begin_created(response, &keyed);
	http_response_add_header(response, "location", path_of_task(&mark.id));
	http_response_add_header(response, "etag", http_etag_of_version(mark.version));
	http_prefer_set_json(request, response, answer);
}

/* GET of a task.  Raises the errors of api_get_task(). */
void
http_get_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	TaskMark	mark;
	Datum		answer = api_get_task(pk, http_request_parameter(request, "expand"), &mark);

	if (!http_etag_answer_known(request, response, http_etag_of_answer(mark.version, answer)))
		http_response_set_json(response, answer);
}

/*
 * PUT and PATCH of a task: the specification's PUT changes only the fields that are sent.
 * Raises the errors of http_body_read() and api_update_task(), and 22023 for files.
 */
void
http_update_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	bool		is_minimal = http_prefers_minimal(request);
	HttpBody	body;
	TaskConditions conditions;
	TaskMark	mark;
	Datum		answer;

	http_body_read(&body, request, task_field_is_list);
	http_body_refuse_files(&body, 0);
	answer = api_update_task(pk, body.json, http_request_parameter(request, "expand"),
							 http_etag_conditions(request, &conditions), !is_minimal, &mark);
	http_response_begin(response, is_minimal ? 204 : 200);
	http_response_add_header(response, "etag", http_etag_of_version(mark.version));
	http_prefer_set_json(request, response, answer);
}

/* DELETE of a task.  Raises the errors of api_delete_task(). */
void
http_delete_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	TaskConditions conditions;

	api_delete_task(pk, http_etag_conditions(request, &conditions));
	http_response_begin(response, 204);
}

/* POST that restores a deleted task.  Raises the errors of api_restore_task(). */
void
http_restore_task(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	KeyedCall	keyed = {.key = http_request_idempotency_key(request)};
	Datum		answer;

	answer = api_restore_task(pk, &keyed);
	http_etag_refuse_conditions(request);
	http_response_begin_keyed(response, 200, &keyed);
	http_response_set_json(response, answer);
}
