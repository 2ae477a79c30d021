/*
 * json_member.c
 *		One string member of a JSON text, found without ever raising.
 *
 * For settings that hold JSON (request.jwt.claims, request.headers): they are read
 * inside policies, where malformed text must mean "nothing" rather than an error.
 * The parsing is the server's; it answers with a code instead of raising for
 * everything but deep nesting, which is looked for beforehand.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#include "base/compat.h"
#include "wire/json_member.h"

/* Claims and headers are two or three levels deep. */
#define MAX_DEPTH 64

typedef struct MemberSearch
{
	const char *key;
	int			level;			/* how many objects and arrays are open */
	bool		is_object;		/* the outermost value is an object */
	bool		at_key;			/* the next scalar at level 1 is the member's */
	JsonMember	result;
	char	   *value;
} MemberSearch;

static bool
nested_too_deep(const char *json)
{
	int			depth = 0;
	bool		in_string = false;

	for (const char *c = json; *c != '\0'; c++)
	{
		if (in_string)
		{
			if (*c == '\\' && c[1] != '\0')
				c++;
			else if (*c == '"')
				in_string = false;
		}
		else if (*c == '"')
			in_string = true;
		else if (*c == '{' || *c == '[')
		{
			if (++depth > MAX_DEPTH)
				return true;
		}
		else if (*c == '}' || *c == ']')
			depth--;
	}
	return false;
}

static TC_JSON_ACTION
object_start(void *state)
{
	MemberSearch *search = state;

	if (search->level++ == 0)
		search->is_object = true;
	TC_JSON_ACTION_DONE;
}

static TC_JSON_ACTION
array_start(void *state)
{
	MemberSearch *search = state;

	search->level++;
	TC_JSON_ACTION_DONE;
}

static TC_JSON_ACTION
structure_end(void *state)
{
	MemberSearch *search = state;

	search->level--;
	TC_JSON_ACTION_DONE;
}

/* As with jsonb, the last of several members with the same key counts. */
static TC_JSON_ACTION
field_start(void *state, char *name, bool isnull)
{
	MemberSearch *search = state;

	if (search->level == 1)
	{
		search->at_key = strcmp(name, search->key) == 0;
		if (search->at_key)
			search->result = isnull ? JSON_MEMBER_ABSENT : JSON_MEMBER_MALFORMED;
	}
	TC_JSON_ACTION_DONE;
}

static TC_JSON_ACTION
scalar(void *state, char *token, JsonTokenType type)
{
	MemberSearch *search = state;

	if (search->level == 1 && search->at_key)
	{
		if (type == JSON_TOKEN_STRING)
		{
			search->result = JSON_MEMBER_FOUND;
			search->value = token;
		}
		search->at_key = false;
	}
	TC_JSON_ACTION_DONE;
}

/*
 * Finds the string member `key` of the JSON object in a text.  json, key:
 * NUL-terminated, not NULL, in the server encoding.  On JSON_MEMBER_FOUND *value
 * is the unescaped string, palloc'ed like all that parsing needed.  Never raises,
 * memory running out aside.
 */
JsonMember
json_member_string(const char *json, const char *key, char **value)
{
	MemberSearch search = {.key = key, .result = JSON_MEMBER_ABSENT};
	JsonSemAction actions = {0};
	JsonLexContext *lexer;

	*value = NULL;
	if (nested_too_deep(json))
		return JSON_MEMBER_MALFORMED;

	actions.semstate = &search;
	actions.object_start = object_start;
	actions.object_end = structure_end;
	actions.array_start = array_start;
	actions.array_end = structure_end;
	actions.object_field_start = field_start;
	actions.scalar = scalar;

	lexer = tc_make_json_lexer(unconstify(char *, json), strlen(json), GetDatabaseEncoding());
	if (pg_parse_json(lexer, &actions) != JSON_SUCCESS || !search.is_object)
		return JSON_MEMBER_MALFORMED;
	*value = search.value;
	return search.result;
}
