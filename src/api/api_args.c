/*
 * api_args.c
 *		Checks the arguments of API functions.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "api/api_args.h"
#include "base/character.h"
#include "base/compat.h"
#include "base/sqlstate.h"
#include "identity/external_id.h"
#include "identity/user_store.h"
#include "wire/json_read.h"

/* Raises 22023 for an argument.  detail: a sentence; hint: a sentence or NULL. */
void
argument_invalid(const char *name, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\"", name),
			 errdetail("%s", detail),
			 hint ? errhint("%s", hint) : 0));
}

tc_noreturn static void
invalid(const char *name, const char *detail)
{
	argument_invalid(name, detail, NULL);
}

/* Raises 22023 for an argument that is NULL. */
void
argument_null(const char *name)
{
	invalid(name, "It must not be null.");
}

/* Returns a uuid argument.  number: of the argument, from 0.  Raises 22023 for NULL. */
pg_uuid_t *
argument_uuid(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		invalid(name, "It must not be null.");
	return PG_GETARG_UUID_P(number);
}

/*
 * Returns the number of elements of an argument of type uuid[], and sets *ids to a copy of
 * them.  Raises 22023 for NULL, an element that is NULL, or more than max elements.
 */
int
argument_uuids(ArrayType *value, const char *name, int max, pg_uuid_t **ids)
{
	int			count;

	argument_require(value, name);
	if (array_contains_nulls(value))
		invalid(name, "An element of the array is null.");
	count = ArrayGetNItems(ARR_NDIM(value), ARR_DIMS(value));
	if (count > max)
		invalid(name, psprintf("The array has more than %d elements.", max));
	*ids = palloc(sizeof(pg_uuid_t) * (count + 1));
	memcpy(*ids, ARR_DATA_PTR(value), sizeof(pg_uuid_t) * count);
	return count;
}

/* Returns whether a text has at most max characters. */
bool
text_fits(text *value, int max)
{
	return pg_mbstrlen_with_len(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)) <= max;
}

static void
check_length(text *value, const char *name, int max)
{
	if (!text_fits(value, max))
		invalid(name, psprintf("It is longer than %d characters.", max));
}

/* Returns a text of at most max characters, or NULL.  Raises 22023 for a longer one. */
NullableDatum
argument_text_or_null(FunctionCallInfo fcinfo, int number, const char *name, int max)
{
	text	   *value;

	if (PG_ARGISNULL(number))
		return (NullableDatum) {.isnull = true};
	value = PG_GETARG_TEXT_PP(number);
	check_length(value, name, max);
	return (NullableDatum) {.value = PointerGetDatum(value)};
}

/*
 * Returns a text of 1 to max characters that is not blank.  Raises 22023, also for NULL.
 */
Datum
argument_check_text(text *value, const char *name, int max)
{
	argument_require(value, name);
	check_length(value, name, max);
	if (text_is_blank(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)))
		invalid(name, "It must not be blank.");
	return PointerGetDatum(value);
}

/* The same for an argument. */
Datum
argument_text(FunctionCallInfo fcinfo, int number, const char *name, int max)
{
	return argument_check_text(ARGUMENT_TEXT_OR_NULL(number), name, max);
}

/* Returns the argument "role", admin or member.  Raises 22023 for NULL and other values. */
Datum
argument_check_role(text *value)
{
	Datum		role = argument_check_text(value, "role", ARGUMENT_MAX_NAME);
	char	   *name = text_to_cstring(value);

	if (!member_role_is_valid(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", "role"),
				 errdetail("There is no role \"%s\".", json_read_clip(name)),
				 errhint("Valid roles are admin and member.")));
	return role;
}

/* Returns an email.  Raises 22023 for anything else, also NULL. */
Datum
argument_check_email(text *value)
{
	Datum		email = argument_check_text(value, "email", ARGUMENT_MAX_EMAIL);
	const char *problem = email_problem(TextDatumGetCString(email));

	if (problem != NULL)
		invalid("email", problem);
	return email;
}

/* Returns an external id, or NULL.  Raises 22023 for anything else. */
NullableDatum
argument_external_id_or_null(FunctionCallInfo fcinfo, int number)
{
	NullableDatum id = argument_text_or_null(fcinfo, number, "external_id", EXTERNAL_ID_MAX);
	const char *problem = id.isnull ? NULL : external_id_problem(TextDatumGetCString(id.value));

	if (problem != NULL)
		invalid("external_id", problem);
	return id;
}

/* Returns whether an argument is the second of two words.  Raises 22023 for others. */
bool
argument_choice(FunctionCallInfo fcinfo, int number, const char *name, const char *first, const char *second)
{
	char	   *word = TextDatumGetCString(argument_text(fcinfo, number, name, ARGUMENT_MAX_NAME));

	if (strcmp(word, first) != 0 && strcmp(word, second) != 0)
		argument_invalid(name, psprintf("\"%s\" is not a valid value.", json_read_clip(word)),
						 psprintf("Valid values are %s and %s.", first, second));
	return strcmp(word, second) == 0;
}

static const char *const not_found_messages[] = {
	[NOUN_ACCOUNT] = "account not found",
	[NOUN_ATTACHMENT] = "attachment not found",
	[NOUN_COMMENT] = "comment not found",
	[NOUN_CONTACT] = "contact not found",
	[NOUN_DELETED] = "deleted task not found",
	[NOUN_INVITATION] = "invitation not found",
	[NOUN_KEY] = "key not found",
	[NOUN_MEMBER] = "member not found",
	[NOUN_ORGANIZATION] = "organization not found",
	[NOUN_TASK] = "task not found",
	[NOUN_TEAM] = "team not found",
	[NOUN_TEAM_MEMBER] = "team member not found",
	[NOUN_USER] = "user not found",
	[NOUN_VIEW] = "view not found",
	[NOUN_WEBHOOK] = "webhook not found"
};

/*
 * Raises PT404 for a pk.  The error is the same for an unknown id and for one of another
 * organization.
 */
void
argument_not_found(ApiNoun noun)
{
	ereport(ERROR,
			(errcode(ERRCODE_TC_NOT_FOUND),
			 errmsg("%s", not_found_messages[noun])));
}

/*
 * Returns an interval in microseconds.  Raises 22023 for NULL, and unless it is from min to max
 * microseconds, without months.
 */
int64
argument_interval(const Interval *value, const char *name, int64 min, int64 max)
{
	int64		length;

	argument_require(value, name);
	if (value->month != 0 || value->day > 1000 || value->day < 0 || value->time < 0 || value->time > 1000 * USECS_PER_DAY)
		length = -1;
	else
		length = value->day * USECS_PER_DAY + value->time;
	if (length < min || length > max)
		argument_invalid(name, psprintf("It must be from " INT64_FORMAT " to " INT64_FORMAT " seconds, without months.",
										min / USECS_PER_SEC, max / USECS_PER_SEC), NULL);
	return length;
}
