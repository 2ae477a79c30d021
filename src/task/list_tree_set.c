/*
 * list_tree_set.c
 *		Conditions of a tree on what is linked to a task.
 *
 * Each is an EXISTS or a NOT EXISTS, so that "not assigned to X" includes tasks that are
 * assigned to nobody.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/id_set.h"
#include "db/plan.h"
#include "task/list_tree_set.h"

/* The rows l that are linked to a task t. */
static const struct
{
	const char *rows;
	const char *id;				/* what the link is to, or NULL */
}			sets[] = {
	[TREE_ASSIGNEES] = {"taskcrm.task_assignee l WHERE l.org_id = $1 AND l.task_id = t.id", "l.user_id"},
	[TREE_CONTACTS] = {"taskcrm.task_contact l WHERE l.org_id = $1 AND l.task_id = t.id", "l.contact_id"},
	[TREE_TEAMS] = {"taskcrm.task_team l WHERE l.org_id = $1 AND l.task_id = t.id", "l.team_id"},
	[TREE_COMMENT] = {"taskcrm.task_comment l WHERE l.org_id = $1 AND l.task_id = t.id", NULL},
	[TREE_MENTIONED] = {"taskcrm.task_comment c JOIN taskcrm.task_mention l ON l.org_id = $1 AND l.comment_id = c.id"
	" WHERE c.org_id = $1 AND c.task_id = t.id", "l.user_id"},
	[TREE_ATTACHMENTS] = {"taskcrm.task_attachment l WHERE l.org_id = $1 AND l.task_id = t.id", NULL}
};

/* The ids of a condition. */
typedef struct SetIds
{
	IdSet		ids;
	bool		nobody;			/* @nobody is among them, besides ids */
} SetIds;

static KeptPlan my_teams_plan = TENANT_PLAN(
	"SELECT m.team_id FROM taskcrm.team_member m WHERE m.org_id = $1 AND m.user_id = $2",
	2, UUIDOID, UUIDOID);

/* Returns whether a value is a certain string. */
bool
tree_set_is_name(const JsonbValue *value, const char *name)
{
	return value->type == jbvString && value->val.string.len == (int) strlen(name) &&
		memcmp(value->val.string.val, name, strlen(name)) == 0;
}

static bool
is_special(const JsonbValue *value)
{
	return tree_set_is_name(value, "@nobody") || tree_set_is_name(value, "@my_teams");
}

/* Returns whether a value, or an element of an array, is @nobody or @my_teams. */
bool
tree_set_has_names(const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue	element;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return is_special(value);
	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &element, false);
	while (JsonbIteratorNext(&iterator, &element, true) == WJB_ELEM)
	{
		if (is_special(&element))
			return true;
	}
	return false;
}

/* Adds the teams of the caller to ids.  count: of ids, is changed. */
static pg_uuid_t *
add_my_teams(const Identity *identity, pg_uuid_t *ids, int *count, int room)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(&identity->user_id)};
	bool		isnull;

	plan_run(&my_teams_plan, values, NULL, true);
	ids = repalloc_huge(ids, sizeof(pg_uuid_t) * (room + SPI_processed));
	for (uint64 row = 0; row < SPI_processed; row++)
		ids[(*count)++] = *DatumGetUUIDP(plan_value(row, 1, &isnull));
	return ids;
}

static bool
is_about_users(const TreeLeaf *leaf)
{
	return leaf->field.subject == TREE_ASSIGNEES || leaf->field.subject == TREE_MENTIONED;
}

/* Reads one id or an array of them. */
static void
read_set_ids(const TreeLeaf *leaf, const JsonbValue *value, SetIds *result)
{
	char	  **texts;
	int			ntexts = json_read_strings(&leaf->key, value, &texts);
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * ntexts);
	int			room = ntexts;
	int			count = 0;

	result->nobody = false;
	for (int i = 0; i < ntexts; i++)
	{
		if (is_about_users(leaf) && strcmp(texts[i], "@me") == 0)
			ids[count++] = leaf->identity->user_id;
		else if (leaf->field.subject == TREE_ASSIGNEES && strcmp(texts[i], "@nobody") == 0)
			result->nobody = true;
		else if (leaf->field.subject == TREE_TEAMS && strcmp(texts[i], "@my_teams") == 0)
		{
			int			before = count;

			ids = add_my_teams(leaf->identity, ids, &count, room);
			room += count - before;
		}
		else
			field_read_uuid(&leaf->key, texts[i], &ids[count++]);
	}
	id_set_make(&result->ids, ids, count);
}

static Datum
ids_as_array(const IdSet *set)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(set->count, 1));

	for (int i = 0; i < set->count; i++)
		ids[i] = UUIDPGetDatum(&set->ids[i]);
	return PointerGetDatum(tc_uuid_array(ids, set->count));
}

/* Appends that at least one thing is linked, or none. */
static void
append_exists(const TreeLeaf *leaf, bool exists)
{
	tree_sql_text(leaf->sql, exists ? "EXISTS (SELECT FROM %s)" : "NOT EXISTS (SELECT FROM %s)",
				  sets[leaf->field.subject].rows);
}

/* Appends that one of the ids is linked, or none of them. */
static void
append_any(const TreeLeaf *leaf, const SetIds *set, bool wanted)
{
	tree_sql_text(leaf->sql, wanted ? "(" : "NOT (");
	if (set->ids.count == 0)
		tree_sql_text(leaf->sql, "false");
	else
	{
		tree_sql_text(leaf->sql, "EXISTS (SELECT FROM %s AND %s = ", sets[leaf->field.subject].rows,
					  sets[leaf->field.subject].id);
		if (set->ids.count == 1)
			tree_sql_argument(leaf->sql, UUIDOID, UUIDPGetDatum(&set->ids.ids[0]));
		else
		{
			tree_sql_text(leaf->sql, "ANY (");
			tree_sql_argument(leaf->sql, UUIDARRAYOID, ids_as_array(&set->ids));
			tree_sql_text(leaf->sql, ")");
		}
		tree_sql_text(leaf->sql, ")");
	}
	if (set->nobody)
	{
		tree_sql_text(leaf->sql, " OR ");
		append_exists(leaf, false);
	}
	tree_sql_text(leaf->sql, ")");
}

/* Appends that all of the ids are linked, or not all. */
static void
append_all(const TreeLeaf *leaf, const SetIds *set, bool wanted)
{
	if (set->nobody)
		json_read_invalid(&leaf->key, ERRCODE_INVALID_PARAMETER_VALUE,
						  "A task is not assigned to somebody and to nobody.", "Write {\"empty\": true}.");
	tree_sql_text(leaf->sql, "(SELECT pg_catalog.count(DISTINCT %s) FROM %s AND %s = ANY (",
				  sets[leaf->field.subject].id, sets[leaf->field.subject].rows, sets[leaf->field.subject].id);
	tree_sql_argument(leaf->sql, UUIDARRAYOID, ids_as_array(&set->ids));
	tree_sql_text(leaf->sql, wanted ? ")) = " : ")) <> ");
	tree_sql_argument(leaf->sql, INT8OID, Int64GetDatum(set->ids.count));
}

/* Appends that a comment contains a term, or none does. */
static void
append_comment(const TreeLeaf *leaf, const JsonbValue *value)
{
	tree_sql_text(leaf->sql, leaf->negated ? "NOT EXISTS (SELECT FROM %s AND l.comment OPERATOR(taskcrm.%s) " :
				  "EXISTS (SELECT FROM %s AND l.comment OPERATOR(taskcrm.%s) ", sets[TREE_COMMENT].rows,
				  leaf->comparator == TREE_CONTAINS ? "@~" : "@~~");
	tree_sql_argument(leaf->sql, TEXTOID, CStringGetTextDatum(list_value_term(&leaf->key, value)));
	tree_sql_text(leaf->sql, ")");
}

/*
 * Appends a condition on what is linked to taskcrm.task t.  Raises 22023 or 22P02, naming
 * the path.  Needs an API call in progress.
 */
void
tree_set_append(TreeLeaf *leaf, const JsonbValue *value)
{
	SetIds		set;

	if (leaf->comparator == TREE_EMPTY)
	{
		append_exists(leaf, json_read_bool(&leaf->key, value) == leaf->negated);
		return;
	}
	if (leaf->comparator == TREE_CONTAINS || leaf->comparator == TREE_CONTAINS_UNACCENTED)
	{
		append_comment(leaf, value);
		return;
	}
	read_set_ids(leaf, value, &set);
	if (leaf->comparator == TREE_ALL)
		append_all(leaf, &set, !leaf->negated);
	else
		append_any(leaf, &set, (leaf->comparator == TREE_ANY) != leaf->negated);
}
