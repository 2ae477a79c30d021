/*
 * json_scan.c
 *		Reads the members of a JSON object without raising errors.
 *
 * Used for JSON that determines the caller.  Settings that are read inside policies
 * (request.jwt.claims, request.headers) must count as empty if they are malformed, and
 * not raise an error.  Tokens are UTF-8 whatever the server encoding is; the server's
 * parser would raise an error for a character that the encoding lacks.  Strict as in RFC
 * 8259; NUL characters are also rejected.
 *
 * json_scan_members() does not depend on the server.
 */
#include "postgres.h"

#include "wire/json_scan.h"

/* Claims and headers have two or three levels.  Limits the recursion. */
#define MAX_DEPTH 64

typedef struct Scan
{
	const char *at;
	const char *end;
	char	   *scratch;		/* where the next key or text goes */
	const char *key;			/* of the member of the outermost object */
	JsonVisit	visit;
	void	   *state;
	JsonFault	fault;			/* if it is not the syntax */
} Scan;

static bool scan_value(Scan *scan, int depth);

/* Ends the scan with a fault. */
static bool
fail_scan(Scan *scan, JsonFault fault)
{
	scan->fault = fault;
	return false;
}

static void
skip_json_space(Scan *scan)
{
	while (scan->at < scan->end &&
		   (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

/* Skips a character, and the space before it, if it is the next one. */
static bool
take_char(Scan *scan, char c)
{
	skip_json_space(scan);
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

/* Returns the four hexadecimal digits of an escape, or -1. */
static int
take_hex(Scan *scan)
{
	int			value = 0;

	if (scan->end - scan->at < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		char		c = *scan->at++;

		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + c - 'A' + 10;
		else
			return -1;
	}
	return value;
}

static void
put_utf8(Scan *scan, uint32 code)
{
	char	   *to = scan->scratch;

	if (code < 0x80)
		*to++ = (char) code;
	else
	{
		if (code < 0x800)
			*to++ = (char) (0xC0 | (code >> 6));
		else
		{
			if (code < 0x10000)
				*to++ = (char) (0xE0 | (code >> 12));
			else
			{
				*to++ = (char) (0xF0 | (code >> 18));
				*to++ = (char) (0x80 | ((code >> 12) & 0x3F));
			}
			*to++ = (char) (0x80 | ((code >> 6) & 0x3F));
		}
		*to++ = (char) (0x80 | (code & 0x3F));
	}
	scan->scratch = to;
}

/* Reads the text after \u: a character, or a surrogate pair.  NUL is not allowed. */
static bool
scan_unicode_escape(Scan *scan)
{
	int			first = take_hex(scan);
	int			second;

	if (first < 0)
		return false;
	if (first == 0 || (first >= 0xDC00 && first <= 0xDFFF))
		return fail_scan(scan, JSON_FAULT_CHARACTER);
	if (first < 0xD800 || first > 0xDFFF)
	{
		put_utf8(scan, (uint32) first);
		return true;
	}
	if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return fail_scan(scan, JSON_FAULT_CHARACTER);
	scan->at += 2;
	second = take_hex(scan);
	if (second < 0xDC00 || second > 0xDFFF)
		return fail_scan(scan, JSON_FAULT_CHARACTER);
	put_utf8(scan, 0x10000 + (((uint32) first - 0xD800) << 10) + ((uint32) second - 0xDC00));
	return true;
}

static bool
scan_escape(Scan *scan)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char		c;
	const char *name;

	if (scan->at == scan->end)
		return false;
	c = *scan->at++;
	if (c == 'u')
		return scan_unicode_escape(scan);
	name = c != '\0' ? strchr(names, c) : NULL;
	if (name == NULL)
		return false;
	*scan->scratch++ = meanings[name - names];
	return true;
}

/* Unescapes a string into scratch; returns NULL if it is not a string. */
static const char *
scan_string(Scan *scan)
{
	const char *text = scan->scratch;

	if (!take_char(scan, '"'))
		return NULL;
	while (scan->at < scan->end)
	{
		char		c = *scan->at++;

		if (c == '"')
		{
			*scan->scratch++ = '\0';
			return text;
		}
		if ((unsigned char) c < ' ')
			return NULL;
		if (c != '\\')
			*scan->scratch++ = c;
		else if (!scan_escape(scan))
			return NULL;
	}
	return NULL;
}

static bool
scan_digits(Scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start;
}

/* Skips a number. */
static bool
scan_number(Scan *scan)
{
	if (scan->at < scan->end && *scan->at == '-')
		scan->at++;
	if (scan->at < scan->end && *scan->at == '0')
		scan->at++;
	else if (!scan_digits(scan))
		return false;
	if (scan->at < scan->end && *scan->at == '.')
	{
		scan->at++;
		if (!scan_digits(scan))
			return false;
	}
	if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E'))
	{
		scan->at++;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
			scan->at++;
		return scan_digits(scan);
	}
	return true;
}

static bool
scan_word(Scan *scan, const char *word)
{
	size_t		length = strlen(word);

	if ((size_t) (scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
		return false;
	scan->at += length;
	return true;
}

static bool
report_member(Scan *scan, int depth, JsonKind kind, const char *text)
{
	JsonFound	found = {.key = scan->key, .is_element = depth == 2, .kind = kind, .text = text};

	/* Only elements of arrays; see scan_object(). */
	if (depth < 1 || depth > 2 || scan->key == NULL)
		return true;
	return scan->visit(scan->state, &found) || fail_scan(scan, JSON_FAULT_REFUSED);
}

static bool
scan_object(Scan *scan, int depth)
{
	const char *member = scan->key;

	if (!take_char(scan, '{'))
		return false;
	if (take_char(scan, '}'))
		return true;
	do
	{
		const char *key = scan_string(scan);

		if (key == NULL || !take_char(scan, ':'))
			return false;
		/* Members of nested objects are not reported. */
		scan->key = depth == 0 ? key : NULL;
		if (!scan_value(scan, depth + 1))
			return false;
	} while (take_char(scan, ','));
	scan->key = member;
	return take_char(scan, '}');
}

static bool
scan_array(Scan *scan, int depth)
{
	if (!take_char(scan, '['))
		return false;
	if (take_char(scan, ']'))
		return true;
	do
	{
		if (!scan_value(scan, depth + 1))
			return false;
	} while (take_char(scan, ','));
	return take_char(scan, ']');
}

/* A number's text is copied to scratch, which has room because it contains no quotes. */
static bool
scan_and_report_number(Scan *scan, int depth)
{
	const char *start = scan->at;
	char	   *text = scan->scratch;

	if (!scan_number(scan))
		return false;
	memcpy(text, start, scan->at - start);
	text[scan->at - start] = '\0';
	scan->scratch += scan->at - start + 1;
	return report_member(scan, depth, JSON_KIND_NUMBER, text);
}

/* Skips a value and reports it.  depth: number of open objects and arrays. */
static bool
scan_value(Scan *scan, int depth)
{
	const char *text;

	skip_json_space(scan);
	if (scan->at == scan->end)
		return false;
	if (depth > MAX_DEPTH)
		return fail_scan(scan, JSON_FAULT_DEPTH);
	switch (*scan->at)
	{
		case '{':
			return report_member(scan, depth, JSON_KIND_OBJECT, NULL) && scan_object(scan, depth);
		case '[':
			return report_member(scan, depth, JSON_KIND_ARRAY, NULL) && scan_array(scan, depth);
		case '"':
			text = scan_string(scan);
			return text != NULL && report_member(scan, depth, JSON_KIND_STRING, text);
		case 't':
			return scan_word(scan, "true") && report_member(scan, depth, JSON_KIND_TRUE, NULL);
		case 'f':
			return scan_word(scan, "false") && report_member(scan, depth, JSON_KIND_FALSE, NULL);
		case 'n':
			return scan_word(scan, "null") && report_member(scan, depth, JSON_KIND_NULL, NULL);
		default:
			return scan_and_report_number(scan, depth);
	}
}

/*
 * Calls visit(state, found) for each member of the JSON object in a text, and for each
 * element of members that are arrays, in order.  json: not terminated; scratch: room for
 * JSON_SCRATCH_SIZE(length), which holds keys and texts.  Unicode escapes become UTF-8.
 * Returns JSON_FAULT_NONE if the whole text is a JSON object and every visit returned
 * true; otherwise the caller must ignore what was visited.
 */
JsonFault
json_scan_members(const char *json, size_t length, char *scratch, JsonVisit visit, void *state)
{
	Scan		scan = {.at = json, .end = json + length, .scratch = scratch, .visit = visit, .state = state};

	skip_json_space(&scan);
	if (scan.at == scan.end || *scan.at != '{')
		return JSON_FAULT_SYNTAX;
	if (!scan_object(&scan, 0))
		return scan.fault != JSON_FAULT_NONE ? scan.fault : JSON_FAULT_SYNTAX;
	skip_json_space(&scan);
	return scan.at == scan.end ? JSON_FAULT_NONE : JSON_FAULT_SYNTAX;
}

typedef struct MemberSearch
{
	const char *key;
	JsonMember	result;
	const char *value;
} MemberSearch;

/* As with jsonb, the last of several members with the same key counts. */
static bool
visit_wanted(void *state, const JsonFound *found)
{
	MemberSearch *search = state;

	if (found->is_element || strcmp(found->key, search->key) != 0)
		return true;
	search->value = NULL;
	if (found->kind == JSON_KIND_NULL)
		search->result = JSON_MEMBER_ABSENT;
	else if (found->kind != JSON_KIND_STRING)
		search->result = JSON_MEMBER_MALFORMED;
	else
	{
		search->result = JSON_MEMBER_FOUND;
		search->value = found->text;
	}
	return true;
}

/*
 * Finds the string member `key` of the JSON object in a text.  json, key: NUL-terminated,
 * not NULL, in the server encoding.  With JSON_MEMBER_FOUND, *value is the unescaped
 * string, palloc'ed.  Raises no errors except out of memory.
 */
JsonMember
json_scan_string(const char *json, const char *key, char **value)
{
	MemberSearch search = {.key = key, .result = JSON_MEMBER_ABSENT};
	size_t		length = strlen(json);
	char	   *scratch = palloc(JSON_SCRATCH_SIZE(length));

	*value = NULL;
	if (json_scan_members(json, length, scratch, visit_wanted, &search) != JSON_FAULT_NONE)
		return JSON_MEMBER_MALFORMED;
	*value = unconstify(char *, search.value);
	return search.result;
}
