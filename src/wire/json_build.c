/*
 * json_build.c
 *		Builds a JSON object from separate names and values.
 *
 * Query strings and forms have only strings, and express lists by repeating a name.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "wire/json_build.h"
#include "wire/json_read.h"

/* Begins an object in the current memory context. */
void
json_build_begin(JsonBuild *build)
{
	build->members = NIL;
}

/* Returns the member with a name, or NULL. */
const JsonBuildMember *
json_build_find(const JsonBuild *build, const char *name)
{
	ListCell   *cell;

	foreach(cell, build->members)
	{
		const JsonBuildMember *member = lfirst(cell);

		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

/*
 * Adds a value.  The strings, in the server encoding, must stay valid while the object is
 * built.
 */
void
json_build_add(JsonBuild *build, char *name, char *value)
{
	JsonBuildMember *member = unconstify(JsonBuildMember *, json_build_find(build, name));

	CHECK_FOR_INTERRUPTS();
	if (member == NULL)
	{
		member = palloc(sizeof(JsonBuildMember));
		member->name = name;
		member->values = NIL;
		build->members = lappend(build->members, member);
	}
	member->values = lappend(member->values, value);
}

static void
set_string(JsonbValue *json, const char *string)
{
	json->type = jbvString;
	json->val.string.val = unconstify(char *, string);
	json->val.string.len = (int) strlen(string);
}

/* A form may send a list as a single value with a JSON array. */
static bool
is_json_array(const List *values)
{
	return list_length(values) == 1 && *(const char *) linitial(values) == '[';
}

static void
push_array(JsonbParseState **state, const List *values)
{
	ListCell   *cell;
	JsonbValue	json;

	if (is_json_array(values))
	{
		Jsonb	   *array = json_read_parse(linitial(values));

		json.type = jbvBinary;
		json.val.binary.data = &array->root;
		json.val.binary.len = VARSIZE(array) - VARHDRSZ;
		(void) pushJsonbValue(state, WJB_VALUE, &json);
		return;
	}
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, values)
	{
		if (*(const char *) lfirst(cell) == '\0')
			continue;
		set_string(&json, lfirst(cell));
		(void) pushJsonbValue(state, WJB_ELEM, &json);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Empty values are ignored if there are others. */
static List *
without_empty(List *values)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, values)
	{
		if (*(const char *) lfirst(cell) != '\0')
			result = lappend(result, lfirst(cell));
	}
	return result != NIL ? result : list_make1(linitial(values));
}

static void
push_member(JsonbParseState **state, const JsonBuildMember *member, JsonBuildIsArray is_array)
{
	List	   *values = without_empty(member->values);
	JsonbValue	json;

	set_string(&json, member->name);
	(void) pushJsonbValue(state, WJB_KEY, &json);
	if (list_length(values) > 1 || (is_array != NULL && is_array(member->name)))
	{
		push_array(state, values);
		return;
	}
	set_string(&json, linitial(values));
	(void) pushJsonbValue(state, WJB_VALUE, &json);
}

/*
 * Returns the finished object.  A name with several non-empty values becomes an array.
 * If is_array (may be NULL) is true for a name, its values become an array, or its only
 * value is the JSON array.  Raises 22P02 for an invalid one.
 */
Jsonb *
json_build_end(JsonBuild *build, JsonBuildIsArray is_array)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, build->members)
	{
		CHECK_FOR_INTERRUPTS();
		push_member(&state, lfirst(cell), is_array);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
