/*
 * json_read.c
 *		Reads the JSON that callers send.
 *
 * Each function checks the type, and names the key in the error if it differs. Messages
 * show values only in shortened form, so that no message is much longer than the input.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "base/compat.h"
#include "wire/json_read.h"

/* Maximum number of bytes of a value in a message. */
#define MAX_SHOWN 60

/*
 * Raises an error about the value of a key.  sqlstate: the SQLSTATE; detail: a
 * sentence; hint: a sentence or NULL.
 */
void
json_read_invalid(const JsonReadKey *key, int sqlstate, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 key->object == NULL ?
			 errmsg("invalid value for filter \"%s\"", key->key) :
			 errmsg("invalid value for \"%s\" in %s", key->key, key->object),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

/* Returns a caller's text for use in a message: palloc'ed, at most MAX_SHOWN bytes. */
char *
json_read_clip(const char *text)
{
	int			length = (int) strlen(text);
	int			shown = pg_mbcliplen(text, length, MAX_SHOWN);

	if (shown == length)
		return pstrdup(text);
	return psprintf("%.*s...", shown, text);
}

static const char *
type_name(const JsonbValue *value)
{
	if (value->type == jbvNull)
		return "null";
	if (value->type == jbvString)
		return "a string";
	if (value->type == jbvNumeric)
		return "a number";
	if (value->type == jbvBool)
		return "a boolean";
	if (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data))
		return "an array";
	return "an object";
}

tc_noreturn static void
wrong_type(const JsonReadKey *key, const char *detail)
{
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, detail, NULL);
}

/*
 * Calls member(state, key, value) for each member of a JSON object.  what: its name in
 * the error if it is not an object.  The values point into json.
 */
void
json_read_object(JsonbContainer *json, const char *what, JsonInMember member, void *state)
{
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbValue	value;

	if (!JsonContainerIsObject(json))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a JSON object", what)));

	iterator = JsonbIteratorInit(json);
	if (JsonbIteratorNext(&iterator, &key, false) != WJB_BEGIN_OBJECT)
		elog(ERROR, "unexpected token in jsonb object");
	while (JsonbIteratorNext(&iterator, &key, false) == WJB_KEY)
	{
		char	   *name = pnstrdup(key.val.string.val, key.val.string.len);

		(void) JsonbIteratorNext(&iterator, &value, true);
		member(state, name, &value);
	}
}

/* Returns whether a value is null or an empty string, which both mean no value. */
bool
json_read_is_empty(const JsonbValue *value)
{
	return value->type == jbvNull ||
		(value->type == jbvString && value->val.string.len == 0);
}

/* Returns a string, palloc'ed.  Raises 22023 for another type. */
char *
json_read_string(const JsonReadKey *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		wrong_type(key, psprintf("Expected a string, not %s.", type_name(value)));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/*
 * Reads an array of non-empty strings, palloc'ed.  Returns their number. Raises 22023 for
 * anything else.
 */
int
json_read_array(const JsonReadKey *key, const JsonbValue *value, char ***strings)
{
	JsonbIterator *iterator;
	JsonbValue	element;
	int			count = 0;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		wrong_type(key, psprintf("Expected an array of strings, not %s.", type_name(value)));
	if (JsonContainerSize(value->val.binary.data) > JSON_IN_MAX_ELEMENTS)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("The array has more than %d elements.", JSON_IN_MAX_ELEMENTS), NULL);

	*strings = palloc(sizeof(char *) * (JsonContainerSize(value->val.binary.data) + 1));
	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &element, false);
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		if (json_read_is_empty(&element))
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
							  "An element of the array is null or empty.", NULL);
		if (element.type != jbvString)
			wrong_type(key, psprintf("Expected strings in the array, not %s.", type_name(&element)));
		(*strings)[count++] = json_read_string(key, &element);
	}
	return count;
}

/* Reads a string, or an array of one or more strings, like json_read_array(). */
int
json_read_strings(const JsonReadKey *key, const JsonbValue *value, char ***strings)
{
	int			count;

	if (value->type == jbvString)
	{
		*strings = palloc(sizeof(char *));
		**strings = json_read_string(key, value);
		return 1;
	}
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		wrong_type(key, psprintf("Expected a string or an array of strings, not %s.", type_name(value)));
	count = json_read_array(key, value, strings);
	if (count == 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "The array is empty.",
						  "Omit the key for no restriction.");
	return count;
}

/*
 * Reads the elements of a JSON array of objects; they point into json.  what: the array's
 * name in errors.  Returns their number.  Raises 22023 for anything else.
 */
int
json_read_objects(Jsonb *json, const char *what, JsonbContainer ***objects)
{
	JsonbIterator *iterator;
	JsonbValue	element;
	int			count = 0;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a JSON array", what)));
	if (JB_ROOT_COUNT(json) > JSON_IN_MAX_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has more than %d elements", what, JSON_IN_MAX_ELEMENTS)));

	*objects = palloc(sizeof(JsonbContainer *) * (JB_ROOT_COUNT(json) + 1));
	iterator = JsonbIteratorInit(&json->root);
	(void) JsonbIteratorNext(&iterator, &element, false);
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		if (element.type != jbvBinary || !JsonContainerIsObject(element.val.binary.data))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("element %d of %s must be a JSON object", count, what)));
		(*objects)[count++] = element.val.binary.data;
	}
	return count;
}

/* Reads decimal digits with an optional sign.  Returns false for anything else. */
static bool
parse_digits(const char *text, Numeric *number)
{
	const char *digit = text + (*text == '-' || *text == '+');
	size_t		count = strspn(digit, "0123456789");

	if (count == 0 || count > 30 || digit[count] != '\0')
		return false;
	*number = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	return true;
}

/*
 * Returns an integer from min to max, sent as a number or as a string of digits.  Raises
 * 22023 for a fraction, another type, or a value out of range.  The range is checked
 * before the number is converted: 9 bytes of JSON can be a number of 130,000 digits.
 */
int64
json_read_integer_between(const JsonReadKey *key, const JsonbValue *value, int64 min, int64 max)
{
	Numeric		number = NULL;
	Datum		datum;
	char	   *wanted = psprintf("Expected an integer from " INT64_FORMAT " to " INT64_FORMAT ".", min, max);

	if (value->type == jbvNumeric)
		number = value->val.numeric;
	else if (value->type != jbvString ||
			 !parse_digits(json_read_string(key, value), &number))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, wanted, NULL);

	datum = NumericGetDatum(number);
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, datum,
										 NumericGetDatum(int64_to_numeric(min)))) ||
		DatumGetBool(DirectFunctionCall2(numeric_gt, datum,
										 NumericGetDatum(int64_to_numeric(max)))) ||
		!DatumGetBool(DirectFunctionCall2(numeric_eq, datum,
										  DirectFunctionCall2(numeric_trunc, datum, Int32GetDatum(0)))))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, wanted, NULL);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, datum));
}

/* The same for an integer from 0. */
int64
json_read_integer(const JsonReadKey *key, const JsonbValue *value, int64 max)
{
	return json_read_integer_between(key, value, 0, max);
}

/* To SQL_ASCII, the server has no conversion at all. */
static void
explain_escape(void *arg)
{
	if (geterrcode() == ERRCODE_FEATURE_NOT_SUPPORTED)
		errcode(ERRCODE_UNTRANSLATABLE_CHARACTER);
}

/*
 * Parses JSON from outside.  text: in the server encoding.  Raises the errors of the server:
 * 22P02, and 22P05 for an escape that the encoding has no character for.
 */
Jsonb *
json_read_parse(const char *text)
{
	ErrorContextCallback callback;
	Jsonb	   *json;

	callback.callback = explain_escape;
	callback.arg = NULL;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	error_context_stack = callback.previous;
	return json;
}

typedef struct JsonText
{
	const JsonReadKey *key;
	const char *hint;
} JsonText;

/* Names the key if the server cannot parse its text. */
static void
name_key(void *arg)
{
	const JsonText *text = arg;

	if (text->key->object == NULL)
		errmsg("invalid value for filter \"%s\"", text->key->key);
	else
		errmsg("invalid value for \"%s\" in %s", text->key->key, text->key->object);
	errhint("%s", text->hint);
}

/*
 * Parses JSON that is sent as a string, as in a query string.  hint: for errors.  Raises 22023,
 * and the errors of the server for a string that is no JSON, which name the key.
 */
Jsonb *
json_read_text(const JsonReadKey *key, const JsonbValue *value, const char *hint)
{
	char	   *string = json_read_string(key, value);
	JsonText	text = {key, hint};
	ErrorContextCallback callback;
	Jsonb	   *json;

	callback.callback = name_key;
	callback.arg = &text;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	json = json_read_parse(string);
	error_context_stack = callback.previous;
	return json;
}

/*
 * Returns whether the text of JSON is longer than max bytes.  It can be much longer than what is
 * stored: a number such as 1e131071 has as many digits.
 */
bool
json_read_is_longer(Jsonb *json, Size max)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	Size		length = VARSIZE(json);

	while (length <= max && (token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		char	   *digits;

		if ((token != WJB_VALUE && token != WJB_ELEM) || value.type != jbvNumeric)
			continue;
		digits = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
		length += strlen(digits);
		pfree(digits);
	}
	return length > max;
}

/* Reads a number in decimal notation.  Returns false for anything else. */
static bool
parse_double(const char *text, double *number)
{
	char	   *end;

	/* strtod() alone would also take blanks, hexadecimal digits and other words. */
	if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
		return false;
	errno = 0;
	*number = strtod(text, &end);
	return *end == '\0' && !isinf(*number) && (*number != 0 || errno != ERANGE);
}

/* Reads what JSON has no number for.  Returns false for anything else. */
static bool
parse_special_double(const char *text, double *number)
{
	if (strcmp(text, "NaN") == 0)
		*number = get_float8_nan();
	else if (strcmp(text, "Infinity") == 0)
		*number = get_float8_infinity();
	else if (strcmp(text, "-Infinity") == 0)
		*number = -get_float8_infinity();
	else
		return false;
	return true;
}

static bool
is_zero(Numeric number)
{
	return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(number), NumericGetDatum(int64_to_numeric(0))));
}

/*
 * Returns a floating-point number, sent as a number or as a string that contains one; or
 * one of the strings NaN, Infinity and -Infinity.  Raises 22023 for anything else, and
 * for a number that is too large or too close to 0.
 */
double
json_read_double(const JsonReadKey *key, const JsonbValue *value)
{
	double		number;
	char	   *text;

	if (value->type == jbvNumeric)
	{
		number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
		if (!isinf(number) && (number != 0 || is_zero(value->val.numeric)))
			return number;
	}
	else if (value->type == jbvString)
	{
		text = json_read_string(key, value);
		if (parse_double(text, &number) || parse_special_double(text, &number))
			return number;
	}
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected a number of double precision.", NULL);
}

/*
 * Reads a value that is no array, or the elements of an array of one or more of them,
 * none of them null or empty; they point into the input.  Returns their number.  Raises
 * 22023 for anything else.
 */
int
json_read_values(const JsonReadKey *key, const JsonbValue *value, JsonbValue **values)
{
	JsonbIterator *iterator;
	JsonbContainer *array;
	int			count = 0;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
	{
		*values = palloc(sizeof(JsonbValue));
		**values = *value;
		return 1;
	}
	array = value->val.binary.data;
	if (JsonContainerSize(array) == 0)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "The array is empty.",
						  "Omit the key for no restriction.");
	if (JsonContainerSize(array) > JSON_IN_MAX_ELEMENTS)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("The array has more than %d elements.", JSON_IN_MAX_ELEMENTS), NULL);
	*values = palloc(sizeof(JsonbValue) * JsonContainerSize(array));
	iterator = JsonbIteratorInit(array);
	(void) JsonbIteratorNext(&iterator, *values, false);
	while (JsonbIteratorNext(&iterator, &(*values)[count], true) == WJB_ELEM)
	{
		if (json_read_is_empty(&(*values)[count]))
			json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
							  "An element of the array is null or empty.", NULL);
		if (++count == (int) JsonContainerSize(array))
			break;
	}
	return count;
}

/*
 * Returns a boolean, sent as such or as the string true or false.  Raises 22023
 * otherwise.
 */
bool
json_read_bool(const JsonReadKey *key, const JsonbValue *value)
{
	if (value->type == jbvBool)
		return value->val.boolean;
	if (value->type == jbvString)
	{
		char	   *text = json_read_string(key, value);

		if (pg_strcasecmp(text, "true") == 0)
			return true;
		if (pg_strcasecmp(text, "false") == 0)
			return false;
	}
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE, "Expected true or false.", NULL);
}
