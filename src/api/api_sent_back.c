/*
 * api_sent_back.c
 *		Accepts what a client read and sends back with changes.
 *
 * The answer of tc_get_task() contains the task as task_obj, and beside it related data
 * that is changed in other ways: comments, attachments, the names of users.  A comment
 * contains its text, and beside it its author and time; so do views, webhooks, members and
 * the organization.  A client may send back all of it if it changes only the part that can
 * be written.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "api/api_sent_back.h"
#include "base/uuid.h"
#include "wire/datetime.h"
#include "wire/json_read.h"

#define TASK_KEY "task_obj"

const SentBackKind sent_back_task_kind = {
	.object = "task_data",
	.written = {TASK_KEY},
	.unknown_hint = "Valid keys are task_obj and the other keys that tc_get_task() returns.",
	.changed_hint = "Change only the keys of task_obj. Omit the other keys, or send them unchanged."
};

const SentBackKind sent_back_comment_kind = {
	.object = "the body",
	.written = {"comment"},
	.unknown_hint = "Only comment can be changed. The other keys of a comment are accepted if they are unchanged.",
	.changed_hint = "Change only comment. Omit the other keys, or send them unchanged."
};

#define CHANGED_HINT "Omit the other keys, or send them unchanged."

const SentBackKind sent_back_view_kind = {
	.object = "view_data",
	.written = {"name", "shared_with", "filters", "group_by", "display"},
	.changed_hint = "Change only name, shared_with, filters, group_by and display. " CHANGED_HINT
};

const SentBackKind sent_back_member_kind = {
	.object = "body",
	.written = {"role", "is_active"},
	.unknown_hint = "Only role and is_active can be changed. The other keys of a member are accepted if they are unchanged.",
	.changed_hint = "Change only role and is_active. " CHANGED_HINT
};

const SentBackKind sent_back_organization_kind = {
	.object = "body",
	.written = {"name"},
	.unknown_hint = "Only name can be changed. The other keys of an organization are accepted if they are unchanged.",
	.changed_hint = "Change only name. " CHANGED_HINT
};

static bool
is_word(const JsonbValue *value, const char *word)
{
	return value->type == jbvString && value->val.string.len == (int) strlen(word) &&
		memcmp(value->val.string.val, word, strlen(word)) == 0;
}

/* Workers write what became of messages at any time. */
static bool
may_webhook_differ(const char *name, const JsonbValue *sent, const JsonbValue *present)
{
	static const char *const by_workers[] = {
		"last_event", "last_attempt", "last_status", "last_error", "attempts", "next_attempt", "delivered", "dead", "dead_events",
		"test_result", "pending"
	};

	for (int i = 0; i < (int) lengthof(by_workers); i++)
	{
		if (strcmp(by_workers[i], name) == 0)
			return true;
	}
	return strcmp(name, "state") == 0 && (is_word(sent, "active") || is_word(sent, "retrying")) && !is_word(present, "disabled");
}

const SentBackKind sent_back_webhook_kind = {
	.object = "webhook_data",
	.written = {"url", "types", "filters", "is_active"},
	.may_differ = may_webhook_differ,
	.changed_hint = "Change only url, types, filters and is_active. " CHANGED_HINT
};

static JsonbValue *
find_member(JsonbContainer *object, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	return findJsonbValueFromContainer(object, JB_FOBJECT, &key);
}

/*
 * Returns the task in an answer of tc_get_task() that is sent back; NULL if the data is
 * not such an answer.
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

/* Returns whether two strings are the same time or the same id in different notations. */
static bool
means_the_same(const JsonbValue *a, const JsonbValue *b)
{
	char	   *left;
	char	   *right;
	TimestampTz times[2];
	pg_uuid_t	ids[2];

	if (a->type != jbvString || b->type != jbvString)
		return false;
	left = pnstrdup(a->val.string.val, a->val.string.len);
	right = pnstrdup(b->val.string.val, b->val.string.len);
	if (datetime_parse_instant(left, &times[0]) && datetime_parse_instant(right, &times[1]))
		return times[0] == times[1];
	return tc_uuid_parse(left, &ids[0]) && tc_uuid_parse(right, &ids[1]) && tc_uuid_compare(&ids[0], &ids[1]) == 0;
}

/* The current data, and the keys of the sent data that differ from it. */
typedef struct Comparison
{
	const SentBackKind *kind;
	Jsonb	   *present;
	StringInfoData changed;
} Comparison;

/* Raises 22023 for a key that the current data does not have. */
void
sent_back_unknown_key(const SentBackKind *kind, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\" in %s", json_read_clip(name), kind->object),
			 errhint("%s", kind->unknown_hint)));
}

static bool
is_written(const SentBackKind *kind, const char *name)
{
	for (int i = 0; i < SENT_BACK_MAX_WRITTEN && kind->written[i] != NULL; i++)
	{
		if (strcmp(kind->written[i], name) == 0)
			return true;
	}
	return false;
}

static void
compare_member(void *state, const char *name, const JsonbValue *value)
{
	Comparison *comparison = state;
	JsonbValue *present = find_member(&comparison->present->root, name);

	if (is_written(comparison->kind, name))
		return;
	if (present == NULL)
		sent_back_unknown_key(comparison->kind, name);
	if (comparison->kind->may_differ != NULL && comparison->kind->may_differ(name, value, present))
		return;
	/* A form sends an empty string for null. */
	if (is_equal(value, present) || means_the_same(value, present) ||
		(present->type == jbvNull && json_read_is_empty(value)))
		return;
	appendStringInfo(&comparison->changed, "%s\"%s\"", comparison->changed.len == 0 ? "" : ", ", name);
}

/*
 * Raises 22023 if the read-only part of the sent data differs from the current data.
 * sent: an object; present: what a read would return now, a datum of type json.
 */
void
sent_back_check(const SentBackKind *kind, Jsonb *sent, Datum present)
{
	Comparison	comparison = {.kind = kind};

	comparison.present = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(present))));
	initStringInfo(&comparison.changed);
	json_read_object(&sent->root, kind->object, compare_member, &comparison);
	if (comparison.changed.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot change read-only keys in %s: %s", kind->object, comparison.changed.data),
				 errhint("%s", kind->changed_hint)));
}
