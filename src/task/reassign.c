/*
 * reassign.c
 *		Moves the tasks of one assignee to another, or to nobody.
 *
 * One statement of list_statement.c locks the tasks and the links in the order of their keys,
 * deletes the links, inserts those to the other assignee, and counts.  The trigger of the
 * links raises the version of each task once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"

#include "db/cluster.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/admin_trigger.h"
#include "task/directory_delete.h"
#include "task/list_filter_spec.h"
#include "task/list_query.h"
#include "task/organization.h"
#include "task/reassign.h"
#include "task/task_refs.h"

static KeptPlan active_member_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.member m WHERE m.org_id = $1 AND m.user_id = $2 AND m.is_active",
	2, UUIDOID, UUIDOID);

/*
 * Checks who tasks are moved to.  argument: its name; to: NULL for nobody.  Raises 22023
 * if it is the same user, 23503 if it is not an active member.  Needs an API call in
 * progress.
 */
void
reassign_check_target(const char *argument, const pg_uuid_t *org_id, const pg_uuid_t *from, const pg_uuid_t *to)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), UUIDPGetDatum(to)};

	if (to == NULL)
		return;
	if (tc_uuid_compare(from, to) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\"", argument),
				 errdetail("It is the user whose tasks are reassigned.")));
	if (!plan_finds(&active_member_plan, values))
		task_refs_raise(argument, NULL, TASK_ASSIGNED_TO, to);
}

static int64
get_reassigned(int column)
{
	bool		isnull;

	return DatumGetInt64(plan_value(0, column, &isnull));
}

/* Adds the counts of the last statement, and checks that it wrote every row. */
static void
add_counts(ReassignCounts *counts)
{
	int64		tasks = get_reassigned(REASSIGN_TASKS);
	int64		wanted = get_reassigned(REASSIGN_WANTED);
	int64		inserted = get_reassigned(REASSIGN_INSERTED);

	if (get_reassigned(REASSIGN_DELETED) < tasks ||
		(inserted + get_reassigned(REASSIGN_ALREADY) < wanted && suppress_is_possible("task_assignee")))
		suppress_raise("task_assignee");
	counts->tasks += tasks;
	counts->assigned += inserted;
	counts->already_assigned += wanted - inserted;
	counts->left_unassigned += get_reassigned(REASSIGN_LEFT);
}

static void
restrict_to_assignee(TaskFilters *filters, const pg_uuid_t *from)
{
	filters->filters[FILTER_ASSIGNED_TO].present = true;
	filters->filters[FILTER_ASSIGNED_TO].variant = 0;
	filters->filters[FILTER_ASSIGNED_TO].value = UUIDPGetDatum(from);
}

static void
refuse_assignee(void *state, const char *name, const JsonbValue *value)
{
	if (strcmp(name, list_filter_key(FILTER_ASSIGNED_TO)) == 0 && !json_read_is_empty(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for \"%s\" in filters", name),
				 errdetail("The tasks of one assignee are reassigned."),
				 errhint("Omit it.")));
}

/*
 * Reads the filters of the tasks of an assignee.  json: NULL for none; identity: of the caller.
 * Conditions on assignees, and those of a view, narrow them.  Raises 22023, also for the filter
 * assigned_to, and the errors of list_filter_read().
 */
void
reassign_read_filters(TaskFilters *filters, Jsonb *json, const pg_uuid_t *from, const Identity *identity)
{
	char		id[TC_UUID_TEXT_LEN + 1];
	Datum		all;

	tc_uuid_format(from, id);
	all = DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"%s\": \"%s\"}", list_filter_key(FILTER_ASSIGNED_TO), id)));
	if (json != NULL)
	{
		json_read_object(&json->root, "filters", refuse_assignee, NULL);
		all = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(json), all);
	}
	list_filter_read(filters, DatumGetJsonbP(all), identity);
}

/*
 * Moves the tasks of an assignee that pass the filters, by default open ones, and adds to
 * the counts.  to: checked, NULL for nobody; filters: of reassign_read_filters().  Raises 22023
 * for filters that make no sense here, 23503 if the other user is removed at the same time,
 * 09000 if a trigger suppresses a row.  Needs an API call in progress.
 */
void
reassign_tasks(ReassignCounts *counts, const pg_uuid_t *org_id, const pg_uuid_t *from,
			   const pg_uuid_t *to, const TaskFilters *filters)
{
	bool		by_status = filters->filters[FILTER_STATUS].present;

	if (filters->limit_given || filters->offset > 0 || filters->cursor.given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("filters for reassigning tasks cannot contain a page"),
				 errdetail("All tasks that pass the filters are reassigned."),
				 errhint("Omit limit, offset and cursor.")));
	list_query_reassign(filters, org_id, from, to, by_status, by_status);
	add_counts(counts);
}

/* Takes all tasks from a member who is being removed; only open ones get another one. */
static void
take_tasks(void *state)
{
	MemberRemoval *removal = state;
	TaskFilters filters = {0};

	restrict_to_assignee(&filters, &removal->from);
	list_query_reassign(&filters, &removal->org_id, &removal->from, removal->to, true, false);
	add_counts(&removal->counts);
}

/*
 * Moves the open tasks of a member who is being removed, removes everything else that refers
 * to the member, and locks it.  removal: with counts of zero, which are set.  Returns false if
 * the user is not a member.  Raises PT409 for the last active admin on a cluster, and otherwise
 * as reassign_check_target() and reassign_tasks().  Needs an API call of an admin in progress.
 */
bool
reassign_release(MemberRemoval *removal)
{
	/* Two calls that each remove the member who gets the tasks would wait for each other. */
	organization_lock(&removal->org_id);
	/* The trigger keep_admin waits for others on one node only. */
	if (cluster_is_distributed())
		admin_refuse_last(&removal->org_id, &removal->from);
	reassign_check_target("reassign_to", &removal->org_id, &removal->from, removal->to);
	return delete_referenced_begin(&member_to_delete, &removal->org_id, &removal->from, take_tasks, removal);
}

/*
 * Removes the member, after reassign_release().  Raises PT409 for the last active admin.  Needs
 * an API call of an admin in progress.
 */
void
reassign_remove(const MemberRemoval *removal)
{
	delete_referenced_end(&member_to_delete, &removal->org_id, &removal->from);
}

static void
write_reassigned(JsonWriter *out, const char *key, int64 count)
{
	json_write_key(out, key);
	json_write_int(out, count);
}

/* Writes the counts as an object. */
void
reassign_write(JsonWriter *out, const ReassignCounts *counts)
{
	json_write_open(out, '{');
	write_reassigned(out, "tasks", counts->tasks);
	write_reassigned(out, "assigned", counts->assigned);
	write_reassigned(out, "already_assigned", counts->already_assigned);
	write_reassigned(out, "left_unassigned", counts->left_unassigned);
	json_write_close(out, '}');
}
