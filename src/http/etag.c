/*
 * etag.c
 *		Entity tags, and the conditions of requests on them.
 *
 * The tag of a task is its version, behind which GET writes a hash of its answer: a
 * comment changes what GET answers, and not the version.  If-None-Match compares all of
 * a tag, so that nobody is shown old comments; If-Match compares the version, so that a
 * comment keeps nobody from changing the task.
 */
#include "postgres.h"

#include <inttypes.h>

#include "common/hashfn.h"

#include "http/etag.h"

/* The tag of a task that was written. */
char *
etag_of_version(int32 version)
{
	return psprintf("\"%d\"", version);
}

/* The tag of what GET answers.  json: the answer. */
char *
etag_of_answer(int32 version, Datum json)
{
	text	   *value = DatumGetTextPP(json);
	uint64		hash = hash_bytes_extended((const unsigned char *) VARDATA_ANY(value),
										   (int) VARSIZE_ANY_EXHDR(value), 0);

	return psprintf("\"%d-%016" PRIx64 "\"", version, hash);
}

/* The tag of a file.  sha256: hexadecimal. */
char *
etag_of_file(const char *sha256)
{
	return psprintf("\"%s\"", sha256);
}

/*
 * Reads the next tag of a list: its quoted string, without W/.  Returns false at the end
 * or at what is no tag.  A proxy that compresses makes tags weak; they name the same
 * version all the same.
 */
static bool
next_tag(const char **at, const char **tag, size_t *length)
{
	const char *c = *at + strspn(*at, " \t,");
	const char *end;

	if (c[0] == 'W' && c[1] == '/')
		c += 2;
	if (*c != '"' || (end = strchr(c + 1, '"')) == NULL)
		return false;
	*tag = c;
	*length = (size_t) (end + 1 - c);
	*at = end + 1;
	return true;
}

static bool
is_any(const char *header)
{
	header += strspn(header, " \t");
	return header[0] == '*' && header[1 + strspn(header + 1, " \t")] == '\0';
}

/* Whether the client has this already: If-None-Match names the tag, or *. */
static bool
is_known(const HttpRequest *request, const char *etag)
{
	const char *header = http_request_header(request, "if-none-match");
	const char *tag;
	size_t		length;

	if (header == NULL)
		return false;
	if (is_any(header))
		return true;
	while (next_tag(&header, &tag, &length))
	{
		if (length == strlen(etag) && memcmp(tag, etag, length) == 0)
			return true;
	}
	return false;
}

/* The version that a tag begins with, or 0. */
static int64
version_of_tag(const char *tag, size_t length)
{
	size_t		digits = strspn(tag + 1, "0123456789");

	/* A version is an integer; one with more digits is none that we gave out. */
	if (digits == 0 || digits > 10 || (digits + 2 != length && tag[digits + 1] != '-'))
		return 0;
	return strtoll(tag + 1, NULL, 10);
}

/*
 * The versions that If-Match allows; NULL when there is no such condition.  versions:
 * where they are written.  Tags that are not ours match no task.
 */
const TaskVersions *
etag_versions(const HttpRequest *request, TaskVersions *versions)
{
	const char *header = http_request_header(request, "if-match");
	const char *tag;
	size_t		length;

	if (header == NULL || is_any(header))
		return NULL;
	versions->count = 0;
	versions->versions = palloc(sizeof(int64) * (strlen(header) / 2 + 1));
	while (next_tag(&header, &tag, &length))
		versions->versions[versions->count++] = version_of_tag(tag, length);
	return versions;
}

/* Adds what an answer to GET is kept under, beside its URI. */
void
etag_add_caching(HttpResponse *response)
{
	http_response_add_header(response, "cache-control", "private, no-cache");
	http_response_add_header(response, "vary", "authorization, organization-id");
}

/*
 * Begins the answer to GET: 304, and true, if the client has what it would be; else 200,
 * and what it is must follow.
 */
bool
etag_answer_known(const HttpRequest *request, HttpResponse *response, const char *etag)
{
	bool		known = is_known(request, etag);

	http_response_begin(response, known ? 304 : 200);
	http_response_add_header(response, "etag", etag);
	etag_add_caching(response);
	return known;
}
