/*
 * http_bulk.c
 *		Requests that change or delete many tasks at once.
 *
 * The query string has the filters, and the options beside them; no filter has the name of
 * an option.
 */
#include "postgres.h"

#include "api/api_operations.h"
#include "http/http_body.h"
#include "http/http_etag.h"
#include "http/http_handlers.h"
#include "task/task_fields.h"
#include "wire/json_read.h"

/* A query string that is divided. */
typedef struct BulkQuery
{
	JsonbParseState *filters;
	JsonbParseState *options;
	const char *most;			/* of the header, or NULL */
} BulkQuery;

static void
push_parameter(JsonbParseState **state, const char *name, const JsonbValue *value)
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue	copy = *value;

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	(void) pushJsonbValue(state, WJB_KEY, &key);
	(void) pushJsonbValue(state, WJB_VALUE, &copy);
}

static void
divide_parameter(void *state, const char *name, const JsonbValue *value)
{
	static const char *const options[] = {"dry_run", "all", "expected", "max_affected"};
	BulkQuery  *query = state;

	for (int i = 0; i < (int) lengthof(options); i++)
	{
		if (strcmp(options[i], name) != 0)
			continue;
		if (query->most == NULL || strcmp(name, "max_affected") != 0)
			push_parameter(&query->options, name, value);
		return;
	}
	push_parameter(&query->filters, name, value);
}

/* Reads the query string and the header X-Max-Affected, which outranks the parameter. */
static void
read_bulk_query(const HttpRequest *request, Jsonb **filters, Jsonb **options)
{
	Jsonb	   *all = http_request_filters(request);
	BulkQuery	query = {.most = http_request_header(request, "x-max-affected")};

	(void) pushJsonbValue(&query.filters, WJB_BEGIN_OBJECT, NULL);
	(void) pushJsonbValue(&query.options, WJB_BEGIN_OBJECT, NULL);
	if (all != NULL)
		json_read_object(&all->root, "the query string", divide_parameter, &query);
	if (query.most != NULL)
	{
		JsonbValue	most = {.type = jbvString};

		most.val.string.val = unconstify(char *, query.most);
		most.val.string.len = (int) strlen(query.most);
		push_parameter(&query.options, "max_affected", &most);
	}
	*filters = JsonbValueToJsonb(pushJsonbValue(&query.filters, WJB_END_OBJECT, NULL));
	*options = JsonbValueToJsonb(pushJsonbValue(&query.options, WJB_END_OBJECT, NULL));
}

/* PATCH of /api/tasks/.  Raises the errors of http_body_read() and api_update_tasks(). */
void
http_update_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	Jsonb	   *filters;
	Jsonb	   *options;
	HttpBody	body;

	http_etag_refuse_conditions(request);
	http_body_read(&body, request, task_field_is_list);
	http_body_refuse_files(&body, 0);
	read_bulk_query(request, &filters, &options);
	http_response_begin(response, 200);
	http_response_set_json(response, api_update_tasks(filters, body.json, options));
}

/* DELETE of /api/tasks/.  Raises the errors of api_delete_tasks(). */
void
http_delete_tasks(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	Jsonb	   *filters;
	Jsonb	   *options;

	http_etag_refuse_conditions(request);
	read_bulk_query(request, &filters, &options);
	http_response_begin(response, 200);
	http_response_set_json(response, api_delete_tasks(filters, options));
}
