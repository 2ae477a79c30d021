/*
 * fuzz_json_member.c
 *		Members of JSON: it accepts what the server's own parser accepts.
 *
 * links: src/wire/json_scan.c
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#include "wire/json_scan.h"

int			LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

static bool
visit(void *state, const JsonFound *found)
{
	size_t	   *total = state;

	if (!found->is_element)
		*total += strlen(found->key);
	if ((found->text != NULL) != (found->kind == JSON_KIND_STRING || found->kind == JSON_KIND_NUMBER))
		abort();
	if (found->text != NULL)
		*total += strlen(found->text);
	return true;
}

static bool
server_accepts(const char *json, size_t size)
{
	JsonSemAction actions = {0};
	JsonParseErrorType result;
#if PG_VERSION_NUM >= 170000
	JsonLexContext *lexer = makeJsonLexContextCstringLen(NULL, json, size, PG_UTF8, true);

	result = pg_parse_json(lexer, &actions);
	freeJsonLexContext(lexer);
#else
	JsonLexContext *lexer = makeJsonLexContextCstringLen(unconstify(char *, json), (int) size, PG_UTF8, true);

	result = pg_parse_json(lexer, &actions);
	free(lexer->strval->data);
	free(lexer->strval);
	free(lexer);
#endif
	return result == JSON_SUCCESS;
}

/*
 * The two may differ for non-ASCII bytes, which the server checks more strictly, and for
 * depth, of which the server allows more.
 */
static bool
is_comparable(const uint8 *data, size_t size)
{
	size_t		opened = 0;

	for (size_t i = 0; i < size; i++)
	{
		if (data[i] >= 0x80 || data[i] == '\0')
			return false;
		opened += data[i] == '{' || data[i] == '[';
	}
	return opened <= 60;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char	   *json = malloc(size + (size == 0));
	char	   *scratch = malloc(JSON_SCRATCH_SIZE(size));
	size_t		total = 0;
	bool		accepted;

	memcpy(json, data, size);
	accepted = json_scan_members(json, size, scratch, visit, &total) == JSON_FAULT_NONE;
	if (total > size)
		abort();
	if (is_comparable(data, size))
	{
		size_t		start = 0;

		while (start < size && strchr(" \t\r\n", json[start]) != NULL)
			start++;
		if (accepted != (start < size && json[start] == '{' && server_accepts(json, size)))
			abort();
	}
	free(scratch);
	free(json);
	return 0;
}
