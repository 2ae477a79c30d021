/*
 * list_own.c
 *		Filters of lists on columns that an administrator added.
 *
 * A column has the filter of its name, for one value or any of several, the same with __in,
 * and if its type has an order that matters, __gte and __lte.  A list keeps them apart from
 * the fixed filters, in the order of fields and operators, so that a list without them costs
 * nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "task/list_date.h"
#include "task/list_own.h"
#include "task/own_column_type.h"

/* What follows the name of the column in the key. */
static const char *const suffixes[OWN_OPERATORS] = {
	[OWN_EQUAL] = "",
	[OWN_IN] = "__in",
	[OWN_GTE] = "__gte",
	[OWN_LTE] = "__lte"
};

static bool
has_operator(int field, OwnOperator operator)
{
	return operator < OWN_GTE || own_column_type_is_ranged(task_fields[field].type);
}

/* Finds the filter that a key names. */
static bool
find_own(const char *key, int *field, OwnOperator *operator)
{
	const char *suffix = strstr(key, "__");
	size_t		length = suffix == NULL ? strlen(key) : (size_t) (suffix - key);

	for (*operator = 0; *operator < OWN_OPERATORS; (*operator)++)
	{
		if (strcmp(suffix == NULL ? "" : suffix, suffixes[*operator]) == 0)
			break;
	}
	for (*field = TASK_FIELDS; *operator < OWN_OPERATORS && *field < task_field_count; (*field)++)
	{
		if (strlen(task_fields[*field].key) == length && strncmp(task_fields[*field].key, key, length) == 0)
			return has_operator(*field, *operator);
	}
	return false;
}

/* Returns whether a filter comes before another one. */
static bool
is_before(const OwnFilter *a, int field, OwnOperator operator)
{
	return a->field < field || (a->field == field && a->operator < operator);
}

/*
 * Notes a filter that was sent, which list_own_read() reads.  value: is copied, but not what
 * it points to.  Returns false if there is no such filter.
 */
bool
list_own_note(TaskFilters *filters, const char *key, const JsonbValue *value)
{
	int			field;
	OwnOperator operator;
	int			place = filters->nown;

	if (!find_own(key, &field, &operator))
		return false;
	if (json_read_is_empty(value))
		return true;
	if (filters->own == NULL)
		filters->own = palloc(sizeof(OwnFilter) * (size_t) LIST_OWN_MAX);
	while (place > 0 && !is_before(&filters->own[place - 1], field, operator))
	{
		filters->own[place] = filters->own[place - 1];
		place--;
	}
	filters->own[place] = (OwnFilter) {.field = field, .operator = operator, .key = key};
	filters->own[place].sent = palloc(sizeof(JsonbValue));
	*filters->own[place].sent = *value;
	filters->nown++;
	return true;
}

/* Returns a value as text, for links: a string as it was sent. */
static char *
text_of(const TaskField *field, const JsonbValue *sent, Datum value)
{
	Oid			function;
	bool		is_varlena;

	if (sent->type == jbvString)
		return pnstrdup(sent->val.string.val, sent->val.string.len);
	if (field->type->oid == BOOLOID)
		return pstrdup(DatumGetBool(value) ? "true" : "false");
	if (field->type->oid == FLOAT8OID)
		return json_write_double_text(DatumGetFloat8(value));
	getTypeOutputInfo(field->type->oid, &function, &is_varlena);
	return OidOutputFunctionCall(function, value);
}

/* Returns whether a range of values may begin or end with a day. */
static bool
has_days(const TaskField *field)
{
	return field->type->oid == TIMESTAMPTZOID;
}

/*
 * Reads a day or an instant that may be relative; of a range of times also a day, as the
 * instant at which it begins, or for OWN_LTE ends.  Returns false if the value is none.
 */
static bool
read_time(const TaskFilters *filters, OwnFilter *filter, const JsonbValue *sent, Datum *value)
{
	Oid			type = task_fields[filter->field].type->oid;
	bool		is_range = filter->operator >= OWN_GTE;
	char	   *text;
	InstantSpan span;
	DateADT		date;

	if (sent->type != jbvString || (type != DATEOID && type != TIMESTAMPTZOID))
		return false;
	text = pnstrdup(sent->val.string.val, sent->val.string.len);
	if (type == DATEOID)
	{
		if (!list_date_parse_day(text, filters->zone, &date))
			return false;
		*value = DateADTGetDatum(date);
		return true;
	}
	if (!list_date_parse_span(text, filters->zone, &span) || (span.first != span.last && !is_range))
		return false;
	filter->is_before = filter->operator == OWN_LTE && span.first != span.last;
	*value = TimestampTzGetDatum(filter->is_before ? span.last + 1 : span.first);
	return true;
}

static Datum
make_array(const TaskField *field, Datum *values, int count)
{
	Oid			type = task_field_type((int) (field - task_fields));
	int16		length;
	bool		by_value;
	char		alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_array(values, count, type, length, by_value, alignment));
}

static void
read_own(const TaskFilters *filters, OwnFilter *filter)
{
	const TaskField *field = &task_fields[filter->field];
	JsonReadKey key = {.key = filter->key};
	JsonbValue *sent;
	int			count = 1;
	Datum	   *values;

	if (filter->operator < OWN_GTE)
		count = json_read_values(&key, filter->sent, &sent);
	else
		sent = filter->sent;
	values = palloc(sizeof(Datum) * count);
	filter->texts = palloc(sizeof(char *) * count);
	filter->ntexts = count;
	filter->is_array = count > 1;
	for (int i = 0; i < count; i++)
	{
		if (!read_time(filters, filter, &sent[i], &values[i]))
			values[i] = field->type->read(&key, field, &sent[i]);
		filter->texts[i] = text_of(field, &sent[i], values[i]);
	}
	filter->value = filter->is_array ? make_array(field, values, count) : values[0];
}

/*
 * Reads the values of the noted filters.  Needs the time zone of the filters.  Raises 22023,
 * 22007 or 22P02, naming the key.
 */
void
list_own_read(TaskFilters *filters)
{
	for (int i = 0; i < filters->nown; i++)
		read_own(filters, &filters->own[i]);
}

/* Appends the keys of all such filters, for hints. */
void
list_own_append_keys(StringInfo list)
{
	OwnFilterKey keys[LIST_OWN_MAX];
	int			count = list_own_keys(keys);

	for (int i = 0; i < count; i++)
		appendStringInfo(list, ", %s", list_own_key(&keys[i]));
}

/*
 * Writes what the statement of a list depends on.  code: LIST_OWN_CODE_SIZE bytes, all zero;
 * two bits for each operator of a column: whether there is a filter, and its variant.
 */
void
list_own_write_code(const TaskFilters *filters, uint8 *code)
{
	for (int i = 0; i < filters->nown; i++)
	{
		const OwnFilter *filter = &filters->own[i];
		int			bits = filter->is_array || filter->is_before ? 2 : 1;

		code[filter->field - TASK_FIELDS] |= (uint8) (bits << 2 * filter->operator);
	}
}

/* Returns the type of a filter's parameter. */
Oid
list_own_argument_type(const OwnFilter *filter)
{
	Oid			type = task_field_type(filter->field);

	return filter->is_array ? get_array_type(type) : type;
}

/*
 * Appends the condition of a filter, over taskcrm.task t.  Texts are compared as they are
 * ordered, so that one index serves both.
 */
void
list_own_append_condition(StringInfo sql, const OwnFilter *filter, int parameter)
{
	const TaskField *field = &task_fields[filter->field];

	if (OidIsValid(field->enum_type))
		appendStringInfo(sql, filter->is_array ? "taskcrm_internal.enum_is_any(%s, $%d)" :
						 "taskcrm_internal.enum_is(%s, $%d)", field->order, parameter);
	else if (filter->operator >= OWN_GTE)
		appendStringInfo(sql, "%s %s $%d", field->order,
						 filter->operator == OWN_GTE ? ">=" : filter->is_before ? "<" : "<=", parameter);
	else
		appendStringInfo(sql, filter->is_array ? "%s = ANY ($%d)" : "%s = $%d", field->order, parameter);
}

/* Lists the filters that there can be; returns their number. */
int
list_own_keys(OwnFilterKey keys[LIST_OWN_MAX])
{
	int			count = 0;

	for (int field = TASK_FIELDS; field < task_field_count; field++)
	{
		for (int operator = 0; operator < OWN_OPERATORS; operator++)
		{
			if (has_operator(field, operator))
				keys[count++] = (OwnFilterKey) {.field = field, .operator = operator};
		}
	}
	return count;
}

/* Returns the key of a filter, palloc'ed. */
char *
list_own_key(const OwnFilterKey *key)
{
	return psprintf("%s%s", task_fields[key->field].key, suffixes[key->operator]);
}

/* Returns the description of a filter for clients, palloc'ed. */
char *
list_own_doc(const OwnFilterKey *key)
{
	const char *name = task_fields[key->field].key;

	if (key->operator == OWN_GTE)
		return psprintf("Tasks whose %s is this value or greater.", name);
	if (key->operator == OWN_LTE)
		return psprintf("Tasks whose %s is this value or less.", name);
	return psprintf("Tasks whose %s is any of these values.", name);
}

/* Writes the JSON Schema of one value. */
static void
write_value_schema(JsonWriter *out, const TaskField *field)
{
	json_write_open(out, '{');
	json_write_string_member(out, "type", field->type->json_type);
	if (field->type->json_format != NULL)
		json_write_string_member(out, "format", field->type->json_format);
	if (OidIsValid(field->enum_type))
	{
		json_write_key(out, "enum");
		json_write_open(out, '[');
		own_column_write_labels(out, field->enum_type);
		json_write_close(out, ']');
	}
	json_write_close(out, '}');
}

/* Writes the JSON Schema of what a filter accepts. */
void
list_own_write_schema(JsonWriter *out, const OwnFilterKey *key)
{
	const TaskField *field = &task_fields[key->field];

	bool		is_range = key->operator >= OWN_GTE;

	if (is_range && !has_days(field))
	{
		write_value_schema(out, field);
		return;
	}
	json_write_open(out, '{');
	json_write_key(out, "anyOf");
	json_write_open(out, '[');
	write_value_schema(out, field);
	json_write_open(out, '{');
	json_write_string_member(out, "type", is_range ? "string" : "array");
	if (is_range)
		json_write_string_member(out, "format", "date");
	else
	{
		json_write_key(out, "items");
		write_value_schema(out, field);
	}
	json_write_close(out, '}');
	json_write_close(out, ']');
	json_write_close(out, '}');
}
