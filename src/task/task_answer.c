/*
 * task_answer.c
 *		A task with its related data, as JSON.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "task/attachment.h"
#include "task/comment.h"
#include "task/people.h"
#include "task/task_answer.h"
#include "task/task_json.h"

static void build_get(KeptPlan *plan, StringInfo sql);

static KeptPlan get_plan = {.mode = OWNER_TENANT, .build = build_get};

static void
build_get(KeptPlan *plan, StringInfo sql)
{
	plan->nargs = 2;
	plan->argtypes[0] = UUIDOID;
	plan->argtypes[1] = UUIDOID;
	appendStringInfoString(sql, "SELECT ");
	task_field_select_list(sql);
	appendStringInfoString(sql, " FROM taskcrm.task t WHERE t.org_id = $1 AND t.id = $2");
}

/*
 * Writes the members of a task alone, into an object.  Returns false if the task does not
 * exist.  Needs an API call in progress.
 */
bool
task_answer_write_members(JsonWriter *out, const Identity *identity, const pg_uuid_t *id)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};
	SPITupleTable *rows;
	Datum		ids = UUIDPGetDatum(id);
	TaskExpanded expanded = {0};
	TaskLinks	links;

	plan_run(&get_plan, values, NULL, false);
	if (SPI_processed == 0)
		return false;
	rows = SPI_tuptable;
	task_links_fetch(&links, &identity->org_id, tc_uuid_array(&ids, 1), false);
	task_json_write_members(out, &identity->org_id, rows->vals[0], rows->tupdesc, &links, &expanded);
	return true;
}

/*
 * Writes a task with its related data, the answer of tc_get_task().  expand: a bit
 * for each ExpandKind; mark: set to its version, may be NULL.  Returns false if the task does not exist.  Needs an API call in
 * progress.
 */
bool
task_answer_write(JsonWriter *out, const Identity *identity, const pg_uuid_t *id, uint32 expand, TaskMark *mark)
{
	Datum		values[2] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(id)};
	TimelineRest comments;
	TimelineRest attachments;

	plan_run(&get_plan, values, NULL, true);
	if (SPI_processed == 0)
		return false;
	task_version_mark(mark, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);

	json_write_open(out, '{');
	json_write_key(out, "task_obj");
	task_json_write(out, &identity->org_id, SPI_tuptable->vals, SPI_tuptable->tupdesc, 1, expand);
	people_write_assignees(out, identity, id);
	people_write_teams(out, identity, id);
	json_write_key(out, "comments");
	task_timeline_write_newest(out, identity, id, &comment_timeline, &comments);
	json_write_key(out, "attachments");
	task_timeline_write_newest(out, identity, id, &attachment_timeline, &attachments);
	people_write_mentionable(out, identity);
	task_timeline_write_rest(out, "comments_count", "comments_cursor", &comments);
	task_timeline_write_rest(out, "attachments_count", "attachments_cursor", &attachments);
	json_write_close(out, '}');
	return true;
}
