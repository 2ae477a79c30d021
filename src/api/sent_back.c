/*
 * sent_back.c
 *		A task that was read with tc_get_task() and is sent back to be changed.
 *
 * The answer holds the task as task_obj, and around it what belongs to the task and is
 * changed elsewhere: comments, attachments, the names of users.  A client may send all of
 * it, as long as it changes task_obj only.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/sent_back.h"
#include "wire/json_in.h"

#define TASK_KEY "task_obj"

static JsonbValue *
find_member(JsonbContainer *object, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	return findJsonbValueFromContainer(object, JB_FOBJECT, &key);
}

/*
 * The task in an answer of tc_get_task() that is sent back; NULL when what is sent is no
 * such answer.
 */
JsonbContainer *
sent_back_task(Jsonb *task_data)
{
	JsonbValue *task;

	if (!JB_ROOT_IS_OBJECT(task_data))
		return NULL;
	task = find_member(&task_data->root, TASK_KEY);
	if (task == NULL || task->type != jbvBinary || !JsonContainerIsObject(task->val.binary.data))
		return NULL;
	return task->val.binary.data;
}

static bool
is_equal(const JsonbValue *a, const JsonbValue *b)
{
	Jsonb	   *left = JsonbValueToJsonb(unconstify(JsonbValue *, a));
	Jsonb	   *right = JsonbValueToJsonb(unconstify(JsonbValue *, b));

	return compareJsonbContainers(&left->root, &right->root) == 0;
}

/* The present answer, and the keys of what was sent that differ from it. */
typedef struct Comparison
{
	Jsonb	   *present;
	StringInfoData changed;
} Comparison;

static void
compare_member(void *state, const char *name, const JsonbValue *value)
{
	Comparison *comparison = state;
	JsonbValue *present = find_member(&comparison->present->root, name);

	if (strcmp(name, TASK_KEY) == 0)
		return;
	if (present == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown key \"%s\" in %s", json_in_clip(name), "task_data"),
				 errhint("Beside task_obj, only the other keys of the answer of tc_get_task() are valid.")));
	if (!is_equal(value, present))
		appendStringInfo(&comparison->changed, "%s\"%s\"", comparison->changed.len == 0 ? "" : ", ", name);
}

/*
 * Raises 22023 when what is sent beside the task differs from what is there.  answer: the
 * present answer of tc_get_task(), a datum of type json.
 */
void
sent_back_check(Jsonb *task_data, Datum answer)
{
	Comparison	comparison;

	comparison.present = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(answer))));
	initStringInfo(&comparison.changed);
	json_in_object(&task_data->root, "task_data", compare_member, &comparison);
	if (comparison.changed.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("task_data differs from the task in keys that cannot be written: %s", comparison.changed.data),
				 errhint("Change the keys of task_obj; leave the others out, or send them as they are.")));
}
