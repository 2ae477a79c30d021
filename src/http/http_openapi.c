/*
 * http_openapi.c
 *		The OpenAPI document of the REST API (OpenAPI 3.1).
 *
 * Paths and methods come from the registry of routes, query parameters from the table of
 * filters.
 */
#include "postgres.h"

#include "utils/formatting.h"

#include "http/http_openapi.h"
#include "http/http_routes.h"
#include "http/json_schema.h"
#include "task/directory_filter.h"
#include "task/list_filter_spec.h"
#include "task/list_own.h"
#include "task/own_column.h"
#include "task/task_bulk.h"

#define SCHEMA_REF(name) psprintf("{\"$ref\":\"#/components/schemas/%s\"}", (name))

static const char parameters[] =
	"{\"id\":{\"name\":\"id\",\"in\":\"path\",\"required\":true,"
	"\"description\":\"The id of what the path names.\",\"schema\":{"
	"\"type\":\"string\",\"format\":\"uuid\"}},\"organization\":{\"name\":\"organization-id\","
	"\"in\":\"header\",\"description\":\"The id or external id of the organization to use, for users who belong to several.\","
	"\"schema\":{\"type\":\"string\",\"maxLength\":255}},\"idempotencyKey\":{"
	"\"name\":\"Idempotency-Key\",\"in\":\"header\","
	"\"description\":\"A request that is repeated with the same key gets the stored answer and is not executed again.\","
	"\"schema\":{\"type\":\"string\",\"maxLength\":255}},\"prefer\":{\"name\":\"Prefer\",\"in\":\"header\","
	"\"description\":\"With return=minimal, the answer has no body.\","
	"\"schema\":{\"type\":\"string\"}},\"ifMatch\":{\"name\":\"If-Match\","
	"\"in\":\"header\",\"description\":\"The ETag of the version to change.\","
	"\"schema\":{\"type\":\"string\"}},\"ifNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\","
	"\"description\":\"The ETag of the version that the client has.\",\"schema\":{\"type\":\"string\"}},\"range\":{"
	"\"name\":\"Range\",\"in\":\"header\",\"description\":\"The range of bytes to send.\","
	"\"schema\":{\"type\":\"string\"}},\"reassignTo\":{\"name\":\"reassign_to\",\"in\":\"query\","
	"\"description\":\"The id of the member who gets the open tasks.\","
	"\"schema\":{\"type\":\"string\",\"format\":\"uuid\"}},"
	"\"maxAffected\":{\"name\":\"X-Max-Affected\",\"in\":\"header\","
	"\"description\":\"The maximum number of tasks; if there are more, none is changed.\","
	"\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":" CppAsString2(BULK_MOST) ",\"default\":" CppAsString2(BULK_USUAL) "}},"
	"\"expected\":{\"name\":\"expected\",\"in\":\"query\","
	"\"description\":\"The number of tasks that the client has seen; if there are more or less, none is changed.\","
	"\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
	"\"dryRun\":{\"name\":\"dry_run\",\"in\":\"query\","
	"\"description\":\"Whether to answer which tasks would be changed, and change none.\",\"schema\":{\"type\":\"boolean\"}},"
	"\"all\":{\"name\":\"all\",\"in\":\"query\","
	"\"description\":\"Whether all tasks are meant; required without filters.\",\"schema\":{\"type\":\"boolean\"}},"
	"\"groupBy\":{\"name\":\"group_by\",\"in\":\"query\","
	"\"required\":true,\"description\":\"What to group by: status, priority, assigned_to, team, account, contact, "
	"created_by, due, created, or a column of an administrator.\",\"schema\":{\"type\":\"string\"}},\"period\":{"
	"\"name\":\"period\",\"in\":\"query\",\"description\":\"How long the groups by created are.\","
	"\"schema\":{\"type\":\"string\",\"enum\":[\"day\",\"week\",\"month\"],\"default\":\"day\"}},\"maxGroups\":{"
	"\"name\":\"max_groups\",\"in\":\"query\",\"description\":\"The maximum number of groups that are no closed set.\","
	"\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20}},\"skipGroups\":{"
	"\"name\":\"skip_groups\",\"in\":\"query\",\"description\":\"The number of such groups to skip.\","
	"\"schema\":{\"type\":\"integer\",\"minimum\":0,\"default\":0}},"
	"\"token\":{\"name\":\"token\",\"in\":\"query\","
	"\"description\":\"The token of the answer before; without it, a copy begins.\","
	"\"schema\":{\"type\":\"string\"}},\"resources\":{\"name\":\"resources\",\"in\":\"query\","
	"\"description\":\"What is copied, by default all.\",\"schema\":{\"type\":\"array\",\"items\":{\"enum\":["
	"\"tasks\",\"comments\",\"attachments\",\"accounts\",\"contacts\",\"teams\",\"members\",\"views\"]}}},"
	"\"copyLimit\":{\"name\":\"limit\",\"in\":\"query\",\"description\":\"The number of rows or events of a page.\","
	"\"schema\":{\"type\":\"integer\",\"minimum\":1}},\"copyFrom\":{\"name\":\"from\",\"in\":\"query\","
	"\"description\":\"With now, a copy begins without the rows that there are.\",\"schema\":{\"enum\":[\"now\"]}},\"copyFilters\":{\"name\":\"filters\",\"in\":\"query\","
	"\"description\":\"The filters of the tasks that are copied, as JSON.\","
	"\"schema\":{\"type\":\"string\",\"contentMediaType\":\"application/json\"}}}";

/*
 * The errors that a method may answer.  All methods may answer 401, 403 and others that
 * do not depend on the request.
 */
static const struct
{
	int			status;
	const char *description;
}			errors[] = {
	{400, "The request is malformed, or no organization is selected."},
	{401, "The caller is not identified."},
	{403, "The caller is not allowed to do this."},
	{404, "The object does not exist in the caller's organizations."},
	{409, "The request refers to something that does not exist, or conflicts with existing data."},
	{412, "The version of the task or of the file, or the number of tasks, does not match."},
	{413, "The body or the answer is too large."},
	{415, "The content type is not supported."},
	{416, "The requested range is outside the file."},
	{422, "The idempotency key was used for a different request."}
};

static bool
may_answer(const HttpRoute *route, int status)
{
	switch (status)
	{
		case 404:
			/* The filters of tasks may name a view. */
			return route->noun != NOUN_NONE || (route->traits & (ROUTE_NAMES | ROUTE_FILTERS | ROUTE_BULK | ROUTE_SYNC));
		case 409:
			return route->request != NULL || (route->traits & (ROUTE_REASSIGN | ROUTE_BULK | ROUTE_RESTORE));
		case 415:
			return route->request != NULL;
		case 412:
			return (route->traits & (ROUTE_CONDITIONAL | ROUTE_BULK)) != 0;
		case 416:
			return (route->traits & ROUTE_FILE) != 0;
		case 422:
			return (route->traits & ROUTE_KEYED) != 0;
		default:
			return true;
	}
}

/*
 * The response headers by name, with a description and whether they are always present.
 */
static const struct
{
	const char *name;
	const char *description;
	bool		always;			/* in each answer that can have it */
	const char *schema;
}			headers[] = {
	{"Accept-Ranges", "Ranges of the file can be requested.", true, "{\"type\":\"string\",\"const\":\"bytes\"}"},
	{"Cache-Control", "Only the caller may cache the answer, and must revalidate it before each use.", true,
	"{\"type\":\"string\",\"const\":\"private, no-cache\"}"},
	{"Content-Disposition", "The browser saves the file under this name.", true,
	"{\"type\":\"string\",\"pattern\":\"^attachment; filename=\"}"},
	{"Content-Range", "The range of bytes in the answer, and the size of the file.", true,
	"{\"type\":\"string\",\"pattern\":\"^bytes ([0-9]+-[0-9]+|[*])/[0-9]+$\"}"},
	{"Content-Security-Policy", "Keeps a browser from running the file as a page of the site.", true,
	"{\"type\":\"string\",\"const\":\"sandbox\"}"},
	{"ETag", "The entity tag of the answer, or of the version of the task.", true,
	"{\"type\":\"string\",\"pattern\":\"^\\\"[^\\\"]+\\\"$\"}"},
	{"Idempotency-Replayed", "The answer is the stored answer to an earlier request with the same key.", false,
	"{\"type\":\"string\",\"const\":\"true\"}"},
	{"Location", "The path of what was created.", true, "{\"type\":\"string\",\"format\":\"uri-reference\"}"},
	{"Preference-Applied", "The answer has no body because the client prefers that.", false,
	"{\"type\":\"string\",\"const\":\"return=minimal\"}"},
	{"Vary", "The request headers that the answer depends on.", true, "{\"type\":\"string\"}"},
	{"WWW-Authenticate", "Asks for a token, and reports the problem with the token that was sent.", true,
	"{\"type\":\"string\",\"pattern\":\"^Bearer\"}"},
	{"X-Content-Type-Options", "Keeps a browser from guessing another content type.", true,
	"{\"type\":\"string\",\"const\":\"nosniff\"}"}
};

/*
 * The answers that have a header: of routes with any of these traits, and with that
 * schema.
 */
static const struct
{
	const char *header;
	int			status;
	int			traits;			/* 0 for all */
	const char *answer;			/* NULL for all */
}			header_uses[] = {
	{"Accept-Ranges", 200, ROUTE_FILE, NULL},
	{"Accept-Ranges", 206, ROUTE_FILE, NULL},
	{"Cache-Control", 200, ROUTE_CACHED | ROUTE_FILTERS | ROUTE_PAGES, NULL},
	{"Cache-Control", 200, ROUTE_READ, NULL},
	{"Cache-Control", 206, ROUTE_CACHED, NULL},
	{"Cache-Control", 304, ROUTE_CACHED, NULL},
	{"Content-Disposition", 200, ROUTE_FILE, NULL},
	{"Content-Disposition", 206, ROUTE_FILE, NULL},
	{"Content-Range", 206, ROUTE_FILE, NULL},
	{"Content-Range", 416, ROUTE_FILE, NULL},
	{"Content-Security-Policy", 200, ROUTE_FILE, NULL},
	{"Content-Security-Policy", 206, ROUTE_FILE, NULL},
	{"ETag", 200, ROUTE_CACHED, NULL},
	{"ETag", 200, ROUTE_CONDITIONAL, "Task"},
	{"ETag", 201, 0, "Task"},
	{"ETag", 204, ROUTE_MINIMAL, NULL},
	{"ETag", 206, ROUTE_CACHED, NULL},
	{"ETag", 304, ROUTE_CACHED, NULL},
	{"Idempotency-Replayed", 200, 0, "RestoredTask"},
	{"Idempotency-Replayed", 201, ROUTE_KEYED, NULL},
	{"Location", 201, 0, "Account"},
	{"Location", 201, 0, "Contact"},
	{"Location", 201, 0, "Task"},
	{"Location", 201, 0, "Team"},
	{"Location", 201, 0, "View"},
	{"Location", 201, 0, "WebhookWithSecret"},
	{"Preference-Applied", 201, ROUTE_MINIMAL, NULL},
	{"Preference-Applied", 204, ROUTE_MINIMAL, NULL},
	{"Vary", 200, ROUTE_CACHED | ROUTE_FILTERS | ROUTE_PAGES, NULL},
	{"Vary", 200, ROUTE_READ, NULL},
	{"Vary", 206, ROUTE_CACHED, NULL},
	{"Vary", 304, ROUTE_CACHED, NULL},
	{"WWW-Authenticate", 401, 0, NULL},
	{"X-Content-Type-Options", 200, ROUTE_FILE, NULL},
	{"X-Content-Type-Options", 206, ROUTE_FILE, NULL}
};

static void
write_reference(JsonWriter *out, const char *kind, const char *name)
{
	json_schema_raw(out, psprintf("{\"$ref\":\"#/components/%s/%s\"}", kind, name));
}

/* --- parameters --- */

static bool
is_of_page(TaskFilterKey key)
{
	return key == FILTER_LIMIT || key == FILTER_OFFSET || key == FILTER_CURSOR || key == FILTER_COUNT ||
		key == FILTER_TOTALS;
}

static void
write_query_parameter(JsonWriter *out, TaskFilterKey key)
{
	json_write_open(out, '{');
	json_schema_member(out, "name", list_filter_key(key));
	json_schema_member(out, "in", "query");
	json_schema_member(out, "description", list_filter_doc(key));
	if (key == FILTER_WHERE)
	{
		/* A parameter with a media type contains JSON. */
		json_write_key(out, "content");
		json_write_open(out, '{');
		json_write_key(out, "application/json");
		json_write_open(out, '{');
	}
	json_write_key(out, "schema");
	list_filter_write_schema(out, key);
	if (key == FILTER_WHERE)
	{
		json_write_close(out, '}');
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
}

static void
write_own_query(JsonWriter *out)
{
	OwnFilterKey keys[LIST_OWN_MAX];
	int			count = list_own_keys(keys);

	for (int i = 0; i < count; i++)
	{
		json_write_open(out, '{');
		json_schema_member(out, "name", list_own_key(&keys[i]));
		json_schema_member(out, "in", "query");
		json_schema_member(out, "description", list_own_doc(&keys[i]));
		json_write_key(out, "schema");
		list_own_write_schema(out, &keys[i]);
		json_write_close(out, '}');
	}
}

/* Returns whether the query string of a route has a filter. */
static bool
has_filter(const HttpRoute *route, TaskFilterKey key)
{
	if (route->traits & ROUTE_GROUPS)
		return key != FILTER_OFFSET && key != FILTER_CURSOR;
	return (route->traits & ROUTE_FILTERS) != 0 || is_of_page(key);
}

static void
write_query(JsonWriter *out, const HttpRoute *route)
{
	for (int key = 0; key < FILTER_KEYS; key++)
	{
		if (has_filter(route, key))
			write_query_parameter(out, key);
	}
	if (route->traits & ROUTE_FILTERS)
		write_own_query(out);
}

/* The filters and the options of a change of many tasks. */
static void
write_bulk_query(JsonWriter *out)
{
	static const char *const options[] = {"maxAffected", "expected", "dryRun", "all"};

	for (int i = 0; i < (int) lengthof(options); i++)
		write_reference(out, "parameters", options[i]);
	for (int key = 0; key < FILTER_COUNT; key++)
		write_query_parameter(out, key);
	write_own_query(out);
}

static void
write_groups_query(JsonWriter *out)
{
	write_reference(out, "parameters", "groupBy");
	write_reference(out, "parameters", "period");
	write_reference(out, "parameters", "maxGroups");
	write_reference(out, "parameters", "skipGroups");
}

static void
write_directory_query(JsonWriter *out, const HttpRoute *route, const DirectoryKind *kind)
{
	OrderKeys	orders = directory_order_keys(kind);

	for (int i = 0; kind->filters[i].key != NULL; i++)
	{
		json_write_open(out, '{');
		json_schema_member(out, "name", kind->filters[i].key);
		json_schema_member(out, "in", "query");
		json_schema_member(out, "description", kind->filters[i].doc);
		json_write_key(out, "schema");
		directory_filter_write_schema(out, &kind->filters[i]);
		json_write_close(out, '}');
	}
	json_write_open(out, '{');
	json_schema_member(out, "name", list_filter_key(FILTER_ORDERING));
	json_schema_member(out, "in", "query");
	json_schema_member(out, "description", list_filter_doc(FILTER_ORDERING));
	json_write_key(out, "schema");
	list_order_write_schema(out, &orders, kind->ordering, kind->ordering);
	json_write_close(out, '}');
	write_query(out, route);
}

static void
write_parameters(JsonWriter *out, const HttpRoute *route)
{
	json_write_key(out, "parameters");
	json_write_open(out, '[');
	if (route->noun != NOUN_NONE)
		write_reference(out, "parameters", "id");
	if (!(route->traits & ROUTE_PUBLIC))
		write_reference(out, "parameters", "organization");
	if (route->traits & ROUTE_KEYED)
		write_reference(out, "parameters", "idempotencyKey");
	if (route->traits & ROUTE_MINIMAL)
		write_reference(out, "parameters", "prefer");
	if (route->traits & ROUTE_CONDITIONAL)
		write_reference(out, "parameters", "ifMatch");
	if (route->traits & (ROUTE_CONDITIONAL | ROUTE_CACHED))
		write_reference(out, "parameters", "ifNoneMatch");
	if (route->traits & ROUTE_FILE)
		write_reference(out, "parameters", "range");
	if (route->traits & ROUTE_REASSIGN)
		write_reference(out, "parameters", "reassignTo");
	if (route->traits & ROUTE_BULK)
		write_bulk_query(out);
	if (route->traits & ROUTE_GROUPS)
		write_groups_query(out);
	if (route->traits & ROUTE_SYNC)
	{
		write_reference(out, "parameters", "token");
		write_reference(out, "parameters", "resources");
		write_reference(out, "parameters", "copyLimit");
		write_reference(out, "parameters", "copyFrom");
		write_reference(out, "parameters", "copyFilters");
	}
	if (route->traits & (ROUTE_FILTERS | ROUTE_PAGES))
		write_query(out, route);
	if (route->traits & ROUTE_EXPAND)
		write_query_parameter(out, FILTER_EXPAND);
	if (http_route_directory(route) != DIRECTORY_NONE && route->handler == http_list_directory)
		write_directory_query(out, route, &directory_kinds[http_route_directory(route)]);
	if (route->handler == http_list_team_members)
		write_directory_query(out, route, &directory_kinds[DIRECTORY_MEMBER]);
	json_write_close(out, ']');
}

/* --- bodies --- */

static void
write_content(JsonWriter *out, const char *type, const char *schema)
{
	json_write_key(out, type);
	json_write_open(out, '{');
	json_write_key(out, "schema");
	json_schema_raw(out, schema);
	json_write_close(out, '}');
}

static void
write_request(JsonWriter *out, const HttpRoute *route)
{
	if (route->request == NULL)
		return;
	json_write_key(out, "requestBody");
	json_write_open(out, '{');
	json_write_key(out, "required");
	json_write_bool(out, true);
	json_write_key(out, "content");
	json_write_open(out, '{');
	write_content(out, "application/json", SCHEMA_REF(route->request));
	if (route->form != NULL)
		write_content(out, "multipart/form-data", SCHEMA_REF(route->form));
	if (strcmp(route->method, "PATCH") == 0)
		write_content(out, "application/merge-patch+json", SCHEMA_REF(route->request));
	json_write_close(out, '}');
	json_write_close(out, '}');
}

/* What is made of an object that the path names has no path of its own. */
static bool
is_elsewhere(const HttpRoute *route, int use)
{
	return strcmp(header_uses[use].header, "Location") == 0 && route->noun != NOUN_NONE;
}

static bool
has_header(const HttpRoute *route, int status, int use)
{
	return !is_elsewhere(route, use) && header_uses[use].status == status &&
		(header_uses[use].traits == 0 || (header_uses[use].traits & route->traits) != 0) &&
		(header_uses[use].answer == NULL ||
		 (route->answer != NULL && strcmp(header_uses[use].answer, route->answer) == 0));
}

static void
write_headers(JsonWriter *out, const HttpRoute *route, int status)
{
	json_write_key(out, "headers");
	json_write_open(out, '{');
	for (int i = 0; i < (int) lengthof(header_uses); i++)
	{
		if (!has_header(route, status, i))
			continue;
		json_write_key(out, header_uses[i].header);
		write_reference(out, "headers", header_uses[i].header);
	}
	json_write_close(out, '}');
}

/* Begins the response of a route with a status; 0 for the default response. */
static void
begin_response(JsonWriter *out, const HttpRoute *route, int status, const char *description)
{
	json_write_key(out, status == 0 ? "default" : psprintf("%d", status));
	json_write_open(out, '{');
	json_schema_member(out, "description", description);
	write_headers(out, route, status);
}

static void
write_success_response(JsonWriter *out, const HttpRoute *route)
{
	begin_response(out, route, route->status, route->status == 201 ? "Created" :
				   route->status == 204 ? "Done" : "OK");
	if (route->answer != NULL || (route->traits & (ROUTE_FILE | ROUTE_LINES)))
	{
		json_write_key(out, "content");
		json_write_open(out, '{');
		if (route->traits & ROUTE_FILE)
			write_content(out, "*/*", "{}");
		else if (route->traits & ROUTE_LINES)
			write_content(out, "application/x-ndjson", "{\"type\":\"string\"}");
		else
			write_content(out, "application/json", SCHEMA_REF(route->answer));
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
	if (route->traits & ROUTE_FILE)
	{
		begin_response(out, route, 206, "The requested part of the file");
		json_write_key(out, "content");
		json_write_open(out, '{');
		write_content(out, "*/*", "{}");
		json_write_close(out, '}');
		json_write_close(out, '}');
	}
	if ((route->traits & ROUTE_MINIMAL) && route->status == 200)
	{
		begin_response(out, route, 204, "Done; the client prefers an answer without a body");
		json_write_close(out, '}');
	}
	if (route->traits & ROUTE_CACHED)
	{
		begin_response(out, route, 304, "The client already has the current version");
		json_write_close(out, '}');
	}
}

static void
write_error(JsonWriter *out, const HttpRoute *route, int status, const char *description)
{
	begin_response(out, route, status, description);
	json_write_key(out, "content");
	json_write_open(out, '{');
	write_content(out, "application/json", SCHEMA_REF("Error"));
	json_write_close(out, '}');
	json_write_close(out, '}');
}

static void
write_responses(JsonWriter *out, const HttpRoute *route)
{
	json_write_key(out, "responses");
	json_write_open(out, '{');
	write_success_response(out, route);
	for (int i = 0; i < (int) lengthof(errors); i++)
	{
		if (!(route->traits & ROUTE_PUBLIC) && may_answer(route, errors[i].status))
			write_error(out, route, errors[i].status, errors[i].description);
	}
	write_error(out, route, 0, "An error that the request did not cause.");
	json_write_close(out, '}');
}

/* --- paths --- */

static void
write_operation(JsonWriter *out, const HttpRoute *route)
{
	json_write_key(out, asc_tolower(route->method, strlen(route->method)));
	json_write_open(out, '{');
	json_schema_member(out, "operationId", route->name);
	json_schema_member(out, "summary", route->summary);
	if (route->traits & ROUTE_PUBLIC)
	{
		json_write_key(out, "security");
		json_schema_raw(out, "[]");
	}
	write_parameters(out, route);
	write_request(out, route);
	write_responses(out, route);
	json_write_close(out, '}');
}

static void
write_paths(JsonWriter *out)
{
	json_write_key(out, "paths");
	json_write_open(out, '{');
	for (int i = 0; i < http_route_count; i++)
	{
		const HttpRoute *route = &http_routes[i];

		if (i == 0 || strcmp(http_routes[i - 1].path, route->path) != 0)
		{
			json_write_key(out, http_route_template(route));
			json_write_open(out, '{');
		}
		write_operation(out, route);
		if (i == http_route_count - 1 || strcmp(http_routes[i + 1].path, route->path) != 0)
			json_write_close(out, '}');
	}
	json_write_close(out, '}');
}

static void
write_info(JsonWriter *out)
{
	json_schema_member(out, "openapi", "3.1.0");
	json_write_key(out, "info");
	json_write_open(out, '{');
	json_schema_member(out, "title", "taskcrm");
	json_schema_member(out, "version", TASKCRM_VERSION);
	json_schema_member(out, "description", "The Tasks API of a CRM. HEAD is accepted where GET is, OPTIONS everywhere.");
	json_write_key(out, "license");
	json_schema_raw(out, "{\"name\":\"PostgreSQL License\",\"identifier\":\"PostgreSQL\"}");
	json_write_close(out, '}');
	json_write_key(out, "servers");
	json_schema_raw(out, "[{\"url\":\"/\"}]");
	json_write_key(out, "security");
	json_schema_raw(out, "[{\"bearer\":[]}]");
}

static void
write_header_components(JsonWriter *out)
{
	json_write_open(out, '{');
	for (int i = 0; i < (int) lengthof(headers); i++)
	{
		json_write_key(out, headers[i].name);
		json_write_open(out, '{');
		json_schema_member(out, "description", headers[i].description);
		json_write_key(out, "required");
		json_write_bool(out, headers[i].always);
		json_write_key(out, "schema");
		json_schema_raw(out, headers[i].schema);
		json_write_close(out, '}');
	}
	json_write_close(out, '}');
}

/* Returns the OpenAPI document as a datum of type json. */
Datum
http_openapi_document(void)
{
	JsonWriter	out;

	own_column_refresh();
	json_write_begin(&out);
	json_write_open(&out, '{');
	write_info(&out);
	write_paths(&out);
	json_write_key(&out, "components");
	json_write_open(&out, '{');
	json_write_key(&out, "securitySchemes");
	json_schema_raw(&out, "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}");
	json_write_key(&out, "parameters");
	json_schema_raw(&out, parameters);
	json_write_key(&out, "headers");
	write_header_components(&out);
	json_write_key(&out, "schemas");
	json_schema_write_all(&out);
	json_write_close(&out, '}');
	json_write_close(&out, '}');
	return json_write_end(&out);
}

/* GET of the document. */
void
http_get_openapi(const HttpRequest *request, const pg_uuid_t *pk, HttpResponse *response)
{
	http_response_begin(response, 200);
	http_response_set_json(response, http_openapi_document());
}
