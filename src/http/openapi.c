/*
 * openapi.c
 *		The OpenAPI document of the REST API (OpenAPI 3.1).
 *
 * Paths and methods are those of the registry of routes, the query string is that of the
 * table of filters.
 */
#include "postgres.h"

#include "utils/formatting.h"

#include "http/openapi.h"
#include "http/routes.h"
#include "task/filter.h"
#include "task/schema.h"

#define SCHEMA_REF(name) psprintf("{\"$ref\":\"#/components/schemas/%s\"}", (name))

static const char parameters[] =
	"{\"id\":{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
	"\"description\":\"The id of the task, the comment or the attachment.\",\"schema\":{"
	"\"type\":\"string\",\"format\":\"uuid\"}},\"organization\":{\"name\":\"organization-id\","
	"\"in\":\"header\",\"description\":\"The organization, for who belongs to several.\","
	"\"schema\":{\"type\":\"string\",\"format\":\"uuid\"}},\"idempotencyKey\":{"
	"\"name\":\"Idempotency-Key\",\"in\":\"header\","
	"\"description\":\"A request that is sent again with the same key is answered again.\","
	"\"schema\":{\"type\":\"string\",\"maxLength\":255}},\"ifMatch\":{\"name\":\"If-Match\","
	"\"in\":\"header\",\"description\":\"The ETag of the version that is to be changed.\","
	"\"schema\":{\"type\":\"string\"}},\"ifNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\","
	"\"description\":\"The ETag of what is known.\",\"schema\":{\"type\":\"string\"}},\"range\":{"
	"\"name\":\"Range\",\"in\":\"header\",\"description\":\"Which bytes of the file to send.\","
	"\"schema\":{\"type\":\"string\"}}}";

/* Which errors a method may answer; all may 401, 403 and others that no request is to blame for. */
static const struct
{
	int			status;
	const char *description;
}			errors[] = {
	{400, "The request is malformed, or no organization is selected."},
	{401, "The caller is nobody."},
	{403, "The caller may not do this."},
	{404, "There is no such thing in the caller's organizations."},
	{409, "The request names what is not there, or is in conflict with what is."},
	{412, "The task has another version."},
	{413, "The body or the answer is too large."},
	{415, "The body is of a type that is not understood."},
	{416, "The file has none of the bytes that are asked for."},
	{422, "The idempotency key was used for another request."}
};

static bool
may_answer(const HttpRoute *route, int status)
{
	switch (status)
	{
		case 404:
			return route->noun != NULL;
		case 409:
		case 415:
			return route->request != NULL;
		case 412:
			return (route->traits & ROUTE_CONDITIONAL) != 0;
		case 416:
			return (route->traits & ROUTE_FILE) != 0;
		case 422:
			return (route->traits & ROUTE_KEYED) != 0;
		default:
			return true;
	}
}

/* Every member has words: a method without any is an error, and not left out. */
static void
write_member(JsonOut *out, const char *key, const char *value)
{
	if (value == NULL)
		elog(ERROR, "something in the table of methods or filters has no \"%s\"", key);
	json_out_key(out, key);
	json_out_string(out, value);
}

static void
write_reference(JsonOut *out, const char *kind, const char *name)
{
	schema_raw(out, psprintf("{\"$ref\":\"#/components/%s/%s\"}", kind, name));
}

/* --- parameters --- */

static bool
is_of_page(TaskFilterKey key)
{
	return key == FILTER_LIMIT || key == FILTER_OFFSET || key == FILTER_CURSOR || key == FILTER_COUNT;
}

static void
write_query(JsonOut *out, bool only_page)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (only_page && !is_of_page(key))
			continue;
		json_out_open(out, '{');
		write_member(out, "name", filter_key(key));
		write_member(out, "in", "query");
		write_member(out, "description", filter_doc(key));
		json_out_key(out, "schema");
		filter_write_schema(out, key);
		json_out_close(out, '}');
	}
}

static void
write_parameters(JsonOut *out, const HttpRoute *route)
{
	json_out_key(out, "parameters");
	json_out_open(out, '[');
	if (route->noun != NULL)
		write_reference(out, "parameters", "id");
	if (!(route->traits & ROUTE_PUBLIC))
		write_reference(out, "parameters", "organization");
	if (route->traits & ROUTE_KEYED)
		write_reference(out, "parameters", "idempotencyKey");
	if (route->traits & ROUTE_CONDITIONAL)
		write_reference(out, "parameters", "ifMatch");
	if (route->traits & (ROUTE_CONDITIONAL | ROUTE_CACHED))
		write_reference(out, "parameters", "ifNoneMatch");
	if (route->traits & ROUTE_FILE)
		write_reference(out, "parameters", "range");
	if (route->traits & (ROUTE_FILTERS | ROUTE_PAGES))
		write_query(out, (route->traits & ROUTE_PAGES) != 0);
	json_out_close(out, ']');
}

/* --- bodies --- */

static void
write_content(JsonOut *out, const char *type, const char *schema)
{
	json_out_key(out, type);
	json_out_open(out, '{');
	json_out_key(out, "schema");
	schema_raw(out, schema);
	json_out_close(out, '}');
}

static void
write_request(JsonOut *out, const HttpRoute *route)
{
	if (route->request == NULL)
		return;
	json_out_key(out, "requestBody");
	json_out_open(out, '{');
	json_out_key(out, "required");
	json_out_bool(out, true);
	json_out_key(out, "content");
	json_out_open(out, '{');
	write_content(out, "application/json", SCHEMA_REF(route->request));
	if (route->form != NULL)
		write_content(out, "multipart/form-data", SCHEMA_REF(route->form));
	if (strcmp(route->method, "PATCH") == 0)
		write_content(out, "application/merge-patch+json", SCHEMA_REF(route->request));
	json_out_close(out, '}');
	json_out_close(out, '}');
}

static void
begin_response(JsonOut *out, const char *status, const char *description)
{
	json_out_key(out, status);
	json_out_open(out, '{');
	write_member(out, "description", description);
}

static void
write_answer(JsonOut *out, const HttpRoute *route)
{
	begin_response(out, psprintf("%d", route->status), route->status == 201 ? "Created" :
				   route->status == 204 ? "Done" : "OK");
	if (route->answer != NULL || (route->traits & ROUTE_FILE))
	{
		json_out_key(out, "content");
		json_out_open(out, '{');
		if (route->traits & ROUTE_FILE)
			write_content(out, "*/*", "{}");
		else
			write_content(out, "application/json", SCHEMA_REF(route->answer));
		json_out_close(out, '}');
	}
	json_out_close(out, '}');
	if (route->traits & ROUTE_FILE)
	{
		begin_response(out, "206", "The part that was asked for");
		json_out_key(out, "content");
		json_out_open(out, '{');
		write_content(out, "*/*", "{}");
		json_out_close(out, '}');
		json_out_close(out, '}');
	}
	if (route->traits & ROUTE_CACHED)
	{
		begin_response(out, "304", "Nothing has changed");
		json_out_close(out, '}');
	}
}

static void
write_error(JsonOut *out, const char *status, const char *description)
{
	begin_response(out, status, description);
	json_out_key(out, "content");
	json_out_open(out, '{');
	write_content(out, "application/json", SCHEMA_REF("Error"));
	json_out_close(out, '}');
	json_out_close(out, '}');
}

static void
write_responses(JsonOut *out, const HttpRoute *route)
{
	json_out_key(out, "responses");
	json_out_open(out, '{');
	write_answer(out, route);
	for (int i = 0; i < (int) lengthof(errors); i++)
	{
		if (!(route->traits & ROUTE_PUBLIC) && may_answer(route, errors[i].status))
			write_error(out, psprintf("%d", errors[i].status), errors[i].description);
	}
	write_error(out, "default", "What the request is not to blame for.");
	json_out_close(out, '}');
}

/* --- paths --- */

static void
write_operation(JsonOut *out, const HttpRoute *route)
{
	if ((route->noun != NULL) != (strstr(route->path, "{id}") != NULL))
		elog(ERROR, "the route %s \"%s\" has an id and no noun, or a noun and no id", route->method, route->path);
	json_out_key(out, asc_tolower(route->method, strlen(route->method)));
	json_out_open(out, '{');
	write_member(out, "operationId", route->name);
	write_member(out, "summary", route->summary);
	if (route->traits & ROUTE_PUBLIC)
	{
		json_out_key(out, "security");
		schema_raw(out, "[]");
	}
	write_parameters(out, route);
	write_request(out, route);
	write_responses(out, route);
	json_out_close(out, '}');
}

static void
write_paths(JsonOut *out)
{
	json_out_key(out, "paths");
	json_out_open(out, '{');
	for (int i = 0; i < http_route_count; i++)
	{
		const HttpRoute *route = &http_routes[i];

		if (i == 0 || strcmp(http_routes[i - 1].path, route->path) != 0)
		{
			json_out_key(out, http_route_template(route));
			json_out_open(out, '{');
		}
		write_operation(out, route);
		if (i == http_route_count - 1 || strcmp(http_routes[i + 1].path, route->path) != 0)
			json_out_close(out, '}');
	}
	json_out_close(out, '}');
}

static void
write_info(JsonOut *out)
{
	write_member(out, "openapi", "3.1.0");
	json_out_key(out, "info");
	json_out_open(out, '{');
	write_member(out, "title", "taskcrm");
	write_member(out, "version", TASKCRM_VERSION);
	write_member(out, "description", "The Tasks API of a CRM. HEAD goes where GET does, OPTIONS everywhere.");
	json_out_key(out, "license");
	schema_raw(out, "{\"name\":\"PostgreSQL License\",\"identifier\":\"PostgreSQL\"}");
	json_out_close(out, '}');
	json_out_key(out, "servers");
	schema_raw(out, "[{\"url\":\"/\"}]");
	json_out_key(out, "security");
	schema_raw(out, "[{\"bearer\":[]}]");
}

/* The OpenAPI document, as a datum of type json. */
Datum
openapi_document(void)
{
	JsonOut		out;

	json_out_begin(&out);
	json_out_open(&out, '{');
	write_info(&out);
	write_paths(&out);
	json_out_key(&out, "components");
	json_out_open(&out, '{');
	json_out_key(&out, "securitySchemes");
	schema_raw(&out, "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	json_out_key(&out, "parameters");
	schema_raw(&out, parameters);
	json_out_key(&out, "schemas");
	schema_write_all(&out);
	json_out_close(&out, '}');
	json_out_close(&out, '}');
	return json_out_end(&out);
}

/* GET of the document. */
void
http_get_openapi(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_response_begin(response, 200);
	http_response_set_json(response, openapi_document());
}
