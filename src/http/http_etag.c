/*
 * http_etag.c
 *		Entity tags, and the conditional requests that use them.
 *
 * The tag of a task is its version; GET appends a hash of its answer, because a comment
 * changes the answer but not the version.  If-None-Match compares the whole tag, so that
 * clients do not see old comments.  If-Match compares only the version, so that a comment
 * does not prevent a change of the task.
 */
#include "postgres.h"

#include <inttypes.h>

#include "common/hashfn.h"

#include "base/compat.h"
#include "base/sqlstate.h"
#include "http/http_etag.h"

/* Returns the tag of a task that was written. */
char *
http_etag_of_version(int32 version)
{
	return psprintf("\"%d\"", version);
}

/* Returns the tag of the answer to GET.  json: the answer. */
char *
http_etag_of_answer(int32 version, Datum json)
{
	text	   *value = DatumGetTextPP(json);
	uint64		hash = hash_bytes_extended((const unsigned char *) VARDATA_ANY(value),
										   (int) VARSIZE_ANY_EXHDR(value), 0);

	return psprintf("\"%d-%016" PRIx64 "\"", version, hash);
}

/* Returns the tag of a file.  sha256: hexadecimal. */
char *
http_etag_of_file(const char *sha256)
{
	return psprintf("\"%s\"", sha256);
}

/* A tag in a header: its quoted string, and whether it has the prefix W/. */
typedef struct Tag
{
	const char *text;
	size_t		length;
	bool		is_weak;
} Tag;

/* Reads the next tag of a list.  Returns false at the end or if it is not a tag. */
static bool
next_tag(const char **at, Tag *tag)
{
	const char *c = *at + strspn(*at, " \t,");
	const char *end;

	tag->is_weak = c[0] == 'W' && c[1] == '/';
	if (tag->is_weak)
		c += 2;
	if (*c != '"' || (end = strchr(c + 1, '"')) == NULL)
		return false;
	tag->text = c;
	tag->length = (size_t) (end + 1 - c);
	*at = end + 1;
	return true;
}

static bool
is_tag(const Tag *tag, const char *etag)
{
	return tag->length == strlen(etag) && memcmp(tag->text, etag, tag->length) == 0;
}

static bool
is_any(const char *header)
{
	header += strspn(header, " \t");
	return header[0] == '*' && header[1 + strspn(header + 1, " \t")] == '\0';
}

/*
 * Returns whether the client already has this version: If-None-Match contains the tag, or
 * *.  RFC 9110 requires the weak comparison: a compressing proxy makes tags weak, but
 * they still name the same version.
 */
static bool
is_known(const HttpRequest *request, const char *etag)
{
	const char *header = http_request_header(request, "if-none-match");
	Tag			tag;

	if (header == NULL)
		return false;
	if (is_any(header))
		return true;
	while (next_tag(&header, &tag))
	{
		if (is_tag(&tag, etag))
			return true;
	}
	return false;
}

/*
 * Raises PT412 if If-Match does not contain this tag.  RFC 9110 requires the strong
 * comparison: a weak tag never matches.  etag: NULL for a resource without one.
 */
static void
check_match(const HttpRequest *request, const char *etag)
{
	const char *header = http_request_header(request, "if-match");
	Tag			tag;

	if (header == NULL || is_any(header))
		return;
	while (next_tag(&header, &tag))
	{
		if (etag != NULL && !tag.is_weak && is_tag(&tag, etag))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_TC_PRECONDITION_FAILED),
			 errmsg("If-Match does not match the current entity tag"),
			 etag != NULL ? errdetail("The current entity tag is %s.", etag) : 0));
}

/* Returns the version that a tag begins with, or 0. */
static int64
version_of_tag(const Tag *tag)
{
	size_t		digits = strspn(tag->text + 1, "0123456789");

	/* A version is an integer; the server never issued one with more digits. */
	if (digits == 0 || digits > 10 || (digits + 2 != tag->length && tag->text[digits + 1] != '-'))
		return 0;
	return strtoll(tag->text + 1, NULL, 10);
}

/*
 * Returns the versions in a header.  A tag that the server did not issue matches no task.
 */
static void
read_versions(const char *header, bool accept_weak, TaskVersions *versions)
{
	Tag			tag;

	versions->any = is_any(header);
	versions->count = 0;
	versions->versions = palloc(sizeof(int64) * (strlen(header) / 2 + 1));
	while (next_tag(&header, &tag))
	{
		if (accept_weak || !tag.is_weak)
			versions->versions[versions->count++] = version_of_tag(&tag);
	}
}

/*
 * Reads the conditions in If-Match and If-None-Match for a change of a task.  conditions:
 * set.
 */
const TaskConditions *
http_etag_conditions(const HttpRequest *request, TaskConditions *conditions)
{
	const char *match = http_request_header(request, "if-match");
	const char *none_match = http_request_header(request, "if-none-match");

	memset(conditions, 0, sizeof(*conditions));
	if (match == NULL)
		conditions->match.any = true;
	else
		read_versions(match, false, &conditions->match);
	if (none_match != NULL)
		read_versions(none_match, true, &conditions->none_match);
	return conditions;
}

/*
 * Raises PT412 if the conditions of a request to change a resource do not hold.  etag: the
 * resource's entity tag, NULL if it has none.
 */
void
http_etag_check_conditions(const HttpRequest *request, const char *etag)
{
	const char *none_match = http_request_header(request, "if-none-match");

	check_match(request, etag);
	if (none_match == NULL)
		return;
	if (is_any(none_match))
		ereport(ERROR,
				(errcode(ERRCODE_TC_PRECONDITION_FAILED),
				 errmsg("If-None-Match is \"*\", and there is something at this path")));
	if (etag != NULL && is_known(request, etag))
		ereport(ERROR,
				(errcode(ERRCODE_TC_PRECONDITION_FAILED),
				 errmsg("If-None-Match contains the current entity tag"),
				 errdetail("The current entity tag is %s.", etag)));
}

/* Returns whether a request to change a resource depends on its entity tag. */
bool
http_etag_has_conditions(const HttpRequest *request)
{
	const char *match = http_request_header(request, "if-match");

	return (match != NULL && !is_any(match)) || http_request_header(request, "if-none-match") != NULL;
}

/*
 * Raises PT412 if a request to change a resource without an entity tag requires one, or
 * requires that the resource does not exist.  Called after the change, which it undoes:
 * RFC 9110 has conditions ignored where the answer would be an error without them.
 */
void
http_etag_refuse_conditions(const HttpRequest *request)
{
	http_etag_check_conditions(request, NULL);
}

/* Adds the request headers, besides the URI, that the answer to GET depends on. */
void
http_etag_add_caching(HttpResponse *response)
{
	http_response_add_header(response, "cache-control", "private, no-cache");
	http_response_add_header(response, "vary", "authorization, organization-id");
}

/* Answers GET with JSON that has no entity tag, so that clients read it again each time. */
void
http_etag_answer_uncached(HttpResponse *response, Datum json)
{
	http_response_begin(response, 200);
	http_etag_add_caching(response);
	http_response_set_json(response, json);
}

/*
 * Begins the answer to GET: 304, and returns true, if the client already has it;
 * otherwise 200, and the body must follow.  Raises PT412 if If-Match has only other tags.
 */
bool
http_etag_answer_known(const HttpRequest *request, HttpResponse *response, const char *etag)
{
	bool		known = is_known(request, etag);

	check_match(request, etag);
	http_response_begin(response, known ? 304 : 200);
	http_response_add_header(response, "etag", etag);
	http_etag_add_caching(response);
	return known;
}
