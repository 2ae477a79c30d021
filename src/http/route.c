/*
 * route.c
 *		What a path of the API names.
 */
#include "postgres.h"

#include "http/route.h"
#include "settings.h"
#include "wire/uri_in.h"

/* Reads "{id}/" and what is to come behind it.  Another shape is no path of the API. */
static bool
read_id(HttpRoute *route, const char *segment, const char *rest)
{
	size_t		length = strcspn(segment, "/");
	char	   *id;

	if (length == 0 || segment[length] != '/' || strcmp(segment + length + 1, rest) != 0)
		return false;
	id = palloc(length + 1);
	route->is_valid_id = uri_decode(segment, length, false, id) && tc_uuid_parse(id, &route->pk);
	return true;
}

static HttpResource
find(HttpRoute *route, const char *rest)
{
	if (*rest == '\0')
		return HTTP_TASKS;
	if (strncmp(rest, "comment/", 8) == 0 && read_id(route, rest + 8, ""))
		return HTTP_COMMENT;
	if (strncmp(rest, "attachment/", 11) == 0 && read_id(route, rest + 11, ""))
		return HTTP_ATTACHMENT;
	if (read_id(route, rest, "comments/"))
		return HTTP_TASK_COMMENTS;
	if (read_id(route, rest, "attachments/"))
		return HTTP_TASK_ATTACHMENTS;
	return read_id(route, rest, "") ? HTTP_TASK : HTTP_NOTHING;
}

/* Finds what a path names.  path: as sent, without the query.  Never raises. */
void
http_route_find(HttpRoute *route, const char *path)
{
	size_t		base = strlen(settings_base_path);

	memset(route, 0, sizeof(*route));
	if (strncmp(path, settings_base_path, base) == 0)
		route->resource = find(route, path + base);
}
