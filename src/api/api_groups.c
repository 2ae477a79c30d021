/*
 * api_groups.c
 *		Groups of tasks.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_args.h"
#include "api/api_call.h"
#include "api/api_forward.h"
#include "api/api_operations.h"
#include "base/settings.h"
#include "task/group_board.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

PG_FUNCTION_INFO_V1(tc_group_tasks);

/* More groups are possible over several calls. */
#define NORMAL_GROUPS 20
#define MAX_GROUPS 100

/* The options, while they are read. */
typedef struct GroupOptions
{
	Grouping   *grouping;
	JsonbParseState *state;
	JsonbValue *filters;		/* those that are filters of a list too */
} GroupOptions;

static const char *const list_options[] = {"limit", "ordering", "expand"};

static bool
is_list_option(const char *name)
{
	for (int i = 0; i < (int) lengthof(list_options); i++)
	{
		if (strcmp(list_options[i], name) == 0)
			return true;
	}
	return false;
}

static void
add_filter(GroupOptions *options, const char *name, const JsonbValue *value)
{
	JsonbValue	key;
	JsonbValue	copy = *value;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	(void) pushJsonbValue(&options->state, WJB_KEY, &key);
	(void) pushJsonbValue(&options->state, WJB_VALUE, &copy);
}

static void
read_period(Grouping *grouping, const JsonReadKey *key, const JsonbValue *value)
{
	char	   *name = json_read_string(key, value);

	if (!group_period_find(&grouping->period, name))
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("There is no period \"%s\".", json_read_clip(name)), "Valid values are day, week and month.");
}

static void
read_group_option(void *state, const char *name, const JsonbValue *value)
{
	GroupOptions *options = state;
	JsonReadKey key = {.object = "options", .key = name};

	if (is_list_option(name))
		add_filter(options, name, value);
	else if (strcmp(name, "period") == 0)
	{
		if (!json_read_is_empty(value))
			read_period(options->grouping, &key, value);
	}
	else if (strcmp(name, "max_groups") == 0)
	{
		if (!json_read_is_empty(value))
			options->grouping->max_groups = json_read_integer_between(&key, value, 1, MAX_GROUPS);
	}
	else if (strcmp(name, "skip_groups") == 0)
	{
		if (!json_read_is_empty(value))
			options->grouping->skip_groups = json_read_integer(&key, value, PG_INT32_MAX);
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown option \"%s\"", json_read_clip(name)),
				 errhint("Valid options are limit, ordering, expand, period, max_groups and skip_groups.")));
}

/* Refuses a filter that chooses a page of a single list. */
static void
refuse_page(void *state, const char *name, const JsonbValue *value)
{
	JsonReadKey key = {.key = name};

	if ((strcmp(name, "offset") == 0 || strcmp(name, "cursor") == 0) && !json_read_is_empty(value))
		json_read_invalid(&key, ERRCODE_INVALID_PARAMETER_VALUE, "Groups of tasks are not paged together.",
						  "List the tasks of a group with its filters, and with its next_cursor as cursor.");
}

/* Reads the options, and returns the filters together with those that are filters too. */
static Jsonb *
read_group_options(Grouping *grouping, Jsonb *filters, Jsonb *json)
{
	GroupOptions options = {.grouping = grouping};
	Jsonb	   *empty = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));

	if (filters == NULL)
		filters = empty;
	json_read_object(&filters->root, "filters", refuse_page, NULL);
	if (json == NULL)
		return filters;
	(void) pushJsonbValue(&options.state, WJB_BEGIN_OBJECT, NULL);
	json_read_object(&json->root, "options", read_group_option, &options);
	options.filters = pushJsonbValue(&options.state, WJB_END_OBJECT, NULL);
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(filters),
											  JsonbPGetDatum(JsonbValueToJsonb(options.filters))));
}

static void
find_group_kind(Grouping *grouping, text *name)
{
	argument_require(name, "group_by");
	if (!group_kind_find(grouping, text_to_cstring(name)))
		argument_invalid("group_by", psprintf("Tasks cannot be grouped by \"%s\".", json_read_clip(text_to_cstring(name))),
						 psprintf("Valid values are %s.", group_kind_names(", ")));
}

/*
 * Returns groups of the tasks that pass the filters as JSON.  filters, options: NULL for
 * none.  Raises the errors of api_begin() and list_filter_read(), and 22023.
 */
Datum
api_group_tasks(Jsonb *filters, text *group_by, Jsonb *options)
{
	Grouping	grouping = {.max_groups = NORMAL_GROUPS};
	ApiCall		call;
	JsonWriter		out;

	json_write_begin(&out);
	api_begin(&call);
	find_group_kind(&grouping, group_by);
	filters = read_group_options(&grouping, filters, options);
	group_board_write(&out, &grouping, filters, &call.identity);
	api_end(&call);
	return json_write_end(&out);
}

/*
 * tc_group_tasks(filters jsonb, group_by text, options jsonb) returns json
 */
Datum
tc_group_tasks(PG_FUNCTION_ARGS)
{
	FORWARD_CALL();
	return api_group_tasks(ARGUMENT_JSONB_OR_NULL(0), ARGUMENT_TEXT_OR_NULL(1), ARGUMENT_JSONB_OR_NULL(2));
}
