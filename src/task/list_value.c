/*
 * list_value.c
 *		The values that the filters of several lists have.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "task/list_value.h"

/* Reads a search term.  Raises 22023 for one that is too long. */
char *
list_value_term(const JsonReadKey *key, const JsonbValue *value)
{
	char	   *term = json_read_string(key, value);

	if (pg_mbstrlen(term) > LIST_VALUE_MAX_TERM)
		json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("It is longer than %d characters.", LIST_VALUE_MAX_TERM), NULL);
	return term;
}

/*
 * Reads one id or an array of them.  me: what "@me" means, or NULL; texts: set to what was
 * sent.  Returns their number; raises 22023 or 22P02.
 */
int
list_value_ids(const JsonReadKey *key, const JsonbValue *value, const pg_uuid_t *me, char ***texts, Datum **ids)
{
	int			count = json_read_strings(key, value, texts);

	*ids = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
	{
		const char *text = (*texts)[i];
		pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

		if (me != NULL && strcmp(text, "@me") == 0)
			*id = *me;
		else if (!tc_uuid_parse(text, id))
			json_read_invalid(key, ERRCODE_INVALID_TEXT_REPRESENTATION,
							  psprintf("\"%s\" is not a valid id.", json_read_clip(text)), NULL);
		(*ids)[i] = UUIDPGetDatum(id);
	}
	return count;
}

/* Reads how the caller wants tasks to be counted.  key: for messages.  Raises 22023. */
TaskCountMode
list_value_count_mode(const JsonReadKey *key, const char *mode)
{
	if (strcmp(mode, "exact") == 0)
		return COUNT_EXACT;
	if (strcmp(mode, "estimated") == 0)
		return COUNT_ESTIMATED;
	if (strcmp(mode, "none") == 0)
		return COUNT_NONE;
	json_read_invalid(key, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("There is no count mode \"%s\".", json_read_clip(mode)),
					  "Valid values are exact, estimated and none.");
}
