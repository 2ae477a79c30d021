/*
 * route.c
 *		What a path of the API names.
 */
#include "postgres.h"

#include "http/route.h"
#include "settings.h"
#include "wire/uri_in.h"

/* Behind the base path.  What is tried first stands last. */
static const char *const templates[] = {
	[HTTP_TASKS] = "",
	[HTTP_TASK] = "{id}/",
	[HTTP_TASK_COMMENTS] = "{id}/comments/",
	[HTTP_TASK_ATTACHMENTS] = "{id}/attachments/",
	[HTTP_COMMENT] = "comment/{id}/",
	[HTTP_ATTACHMENT] = "attachment/{id}/"
};

/* The document's name; it is beside the tasks and not below them. */
#define OPENAPI_NAME "openapi.json"

/* How much of the base path is that of the document: all but its last segment. */
static int
openapi_base_length(void)
{
	int			length = (int) strlen(settings_base_path) - 1;

	while (length > 0 && settings_base_path[length - 1] != '/')
		length--;
	return Max(length, 1);
}

/*
 * The path of a resource as OpenAPI writes it, palloc'ed: with {id} for the id.
 */
char *
http_route_template(HttpResource resource)
{
	if (resource == HTTP_OPENAPI)
		return psprintf("%.*s%s", openapi_base_length(), settings_base_path, OPENAPI_NAME);
	return psprintf("%s%s", settings_base_path, templates[resource]);
}

/* Reads "{id}/" and what is to come behind it.  Another shape is no path of the API. */
static bool
read_id(HttpRoute *route, const char *segment, const char *rest)
{
	size_t		length = strcspn(segment, "/");
	char	   *id;

	if (length == 0 || strcmp(segment + length, rest) != 0)
		return false;
	id = palloc(length + 1);
	route->is_valid_id = uri_decode(segment, length, false, id) && tc_uuid_parse(id, &route->pk);
	return true;
}

static bool
matches(HttpRoute *route, const char *template, const char *path)
{
	const char *id = strstr(template, "{id}");
	size_t		before;

	if (id == NULL)
		return strcmp(path, template) == 0;
	before = id - template;
	return strncmp(path, template, before) == 0 && read_id(route, path + before, id + strlen("{id}"));
}

/* Finds what a path names.  path: as sent, without the query.  Never raises. */
void
http_route_find(HttpRoute *route, const char *path)
{
	size_t		base = strlen(settings_base_path);

	memset(route, 0, sizeof(*route));
	if (strncmp(path, settings_base_path, base) == 0)
	{
		for (int i = lengthof(templates) - 1; i > HTTP_NOTHING && route->resource == HTTP_NOTHING; i--)
		{
			if (matches(route, templates[i], path + base))
				route->resource = (HttpResource) i;
		}
	}
	if (route->resource == HTTP_NOTHING && strncmp(path, settings_base_path, openapi_base_length()) == 0 &&
		strcmp(path + openapi_base_length(), OPENAPI_NAME) == 0)
		route->resource = HTTP_OPENAPI;
}
