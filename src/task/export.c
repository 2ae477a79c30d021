/*
 * export.c
 *		All rows of an organization or of a person as JSON, one object a row.
 *
 * An object has the members "table" and "row".  The rows are those of the tables, with
 * columns that users added; parents come before their children, so that the objects can be
 * loaded in their order.  Rows are fetched in batches, and each goes to the caller at once:
 * memory does not grow with their number.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "db/cluster.h"
#include "db/frame.h"
#include "db/plan.h"
#include "task/export.h"

/* Contents of files are fetched one by one, since each may be large. */
#define BATCH 500

#define LINE(table, row) "SELECT pg_catalog.json_build_object('table', '" table "', 'row', " row ")"
#define VIEWS LINE("task_view", "pg_catalog.to_json(t)") " FROM taskcrm_internal.task_view t WHERE t."
#define DELETED(row) LINE("deleted_task", row) " FROM taskcrm_internal.deleted_task t WHERE t."
#define ROWS(table) LINE(table, "pg_catalog.to_json(t)") " FROM taskcrm." table " t WHERE t.org_id OPERATOR(pg_catalog.=) $1"

/* Without line breaks, which encode() adds. */
#define CONTENTS \
	LINE("task_attachment_content", "pg_catalog.json_build_object('org_id', t.org_id, 'attachment_id', t.attachment_id," \
		 " 'content', pg_catalog.replace(pg_catalog.encode(t.content, 'base64'), E'\\n', ''))") \
	" FROM taskcrm.task_attachment_content t WHERE t.org_id OPERATOR(pg_catalog.=) $1"

/* The members, and the users whom a row names. */
#define USERS_OF_ORG \
	"SELECT m.user_id FROM taskcrm.member m WHERE m.org_id OPERATOR(pg_catalog.=) $1" \
	" UNION SELECT k.created_by FROM taskcrm.task k WHERE k.org_id OPERATOR(pg_catalog.=) $1" \
	" UNION SELECT k.completed_by FROM taskcrm.task k WHERE k.org_id OPERATOR(pg_catalog.=) $1" \
	" UNION SELECT c.commented_by FROM taskcrm.task_comment c WHERE c.org_id OPERATOR(pg_catalog.=) $1" \
	" UNION SELECT a.created_by FROM taskcrm.task_attachment a WHERE a.org_id OPERATOR(pg_catalog.=) $1" \
	" UNION SELECT v.created_by FROM taskcrm_internal.task_view v WHERE v.org_id OPERATOR(pg_catalog.=) $1"

/* A part of the export: under row-level security, and without it. */
typedef struct ExportPart
{
	const char *table;
	long		batch;
	bool		is_hidden;		/* by the policies, which then do not apply */
	KeptPlan	bound;
	KeptPlan	unbound;
} ExportPart;

#define PART(name, batch_size, sql) { \
	.table = (name), \
	.batch = (batch_size), \
	.bound = TENANT_PLAN(sql, 1, UUIDOID), \
	.unbound = BOOKKEEPING_PLAN(sql, 1, UUIDOID) \
}
/* Rows that the policies show to nobody: files in the bin. */
#define HIDDEN_PART(name, batch_size, sql) { \
	.table = (name), \
	.batch = (batch_size), \
	.is_hidden = true, \
	.unbound = BOOKKEEPING_PLAN(sql, 1, UUIDOID) \
}

static ExportPart organization_parts[] = {
	PART("organization", BATCH, LINE("organization", "pg_catalog.to_json(t)") " FROM taskcrm.organization t WHERE t.id OPERATOR(pg_catalog.=) $1"),
	PART("app_user", BATCH, LINE("app_user", "pg_catalog.to_json(t)") " FROM taskcrm.app_user t WHERE t.id IN (" USERS_OF_ORG ")"),
	PART("member", BATCH, ROWS("member")),
	PART("task_view", BATCH, VIEWS "org_id OPERATOR(pg_catalog.=) $1"),
	PART("account", BATCH, ROWS("account")),
	PART("contact", BATCH, ROWS("contact")),
	PART("team", BATCH, ROWS("team")),
	PART("team_member", BATCH, ROWS("team_member")),
	PART("task", BATCH, ROWS("task")),
	PART("task_contact", BATCH, ROWS("task_contact")),
	PART("task_assignee", BATCH, ROWS("task_assignee")),
	PART("task_team", BATCH, ROWS("task_team")),
	PART("task_comment", BATCH, ROWS("task_comment")),
	PART("task_mention", BATCH, ROWS("task_mention")),
	PART("deleted_task", 1, DELETED("pg_catalog.to_json(t)") "org_id OPERATOR(pg_catalog.=) $1"),
	PART("task_attachment", BATCH, ROWS("task_attachment") " AND t.task_id IS NOT NULL"),
	HIDDEN_PART("task_attachment", BATCH, ROWS("task_attachment") " AND t.deleted_task_id IS NOT NULL"),
	PART("task_attachment_content", 1, CONTENTS " AND NOT t.in_bin"),
	HIDDEN_PART("task_attachment_content", 1, CONTENTS " AND t.in_bin"),
};

/* The rows that name a user, in a table. */
#define ROWS_OF_USER(table, condition) \
	PART(table, BATCH, LINE(table, "pg_catalog.to_json(t)") " FROM taskcrm." table " t WHERE " condition)

static ExportPart user_parts[] = {
	ROWS_OF_USER("app_user", "t.id OPERATOR(pg_catalog.=) $1"),
	PART("login", BATCH, LINE("login", "pg_catalog.json_build_object('role_name', t.role_name)")
		 " FROM taskcrm_internal.login t WHERE t.user_id OPERATOR(pg_catalog.=) $1"),
	PART("organization", BATCH, LINE("organization", "pg_catalog.json_build_object('id', t.id, 'name', t.name)")
		 " FROM taskcrm.organization t WHERE t.id IN"
		 " (SELECT m.org_id FROM taskcrm.member m WHERE m.user_id OPERATOR(pg_catalog.=) $1)"),
	ROWS_OF_USER("member", "t.user_id OPERATOR(pg_catalog.=) $1"),
	PART("task_view", BATCH, VIEWS "created_by OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("team_member", "t.user_id OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("task", "t.created_by OPERATOR(pg_catalog.=) $1 OR t.completed_by OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("task_assignee", "t.user_id OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("task_comment", "t.commented_by OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("task_mention", "t.user_id OPERATOR(pg_catalog.=) $1"),
	ROWS_OF_USER("task_attachment", "t.created_by OPERATOR(pg_catalog.=) $1"),
	/* Without what others have written. */
	PART("deleted_task", BATCH, DELETED("pg_catalog.json_build_object('org_id', t.org_id, 'id', t.id, 'title', t.title, 'created_by', t.created_by,"
						" 'deleted_by', t.deleted_by, 'deleted_on', t.deleted_on, 'task',"
						" CASE WHEN t.created_by OPERATOR(pg_catalog.=) $1 THEN t.document OPERATOR(pg_catalog.->) 'task' END)")
		 "created_by OPERATOR(pg_catalog.=) $1 OR t.deleted_by OPERATOR(pg_catalog.=) $1"),
	PART("deleted_task", BATCH, LINE("task_comment", "c.value")
		 " FROM taskcrm_internal.deleted_task t, pg_catalog.json_array_elements(t.document OPERATOR(pg_catalog.->) 'task_comment') c"
		 " WHERE c.value OPERATOR(pg_catalog.->>) 'commented_by' OPERATOR(pg_catalog.=) $1::pg_catalog.text"),
	PART("event", BATCH, LINE("event", "pg_catalog.to_json(t)")
		 " FROM taskcrm_internal.event t WHERE t.actor OPERATOR(pg_catalog.=) $1"),
};

static KeptPlan import_plan = BOOKKEEPING_PLAN(
	"SELECT i.tab, i.rows FROM taskcrm_internal.import_lines($1, $2) i", 2, JSONARRAYOID, UUIDOID);

static KeptPlan check_lines_plan = BOOKKEEPING_PLAN(
	"SELECT taskcrm_internal.check_lines($1, $2)", 2, JSONARRAYOID, UUIDOID);

static KeptPlan import_part_plan = BOOKKEEPING_PLAN(
	"SELECT i.tab, i.rows FROM taskcrm_internal.import_checked($1, $2) i", 2, JSONARRAYOID, BOOLOID);

/* Passes on the rows of a statement; returns whether there is one. */
static bool
put_rows(const ExportSink *sink, KeptPlan *plan, const pg_uuid_t *id, long batch)
{
	Datum		values[1] = {UUIDPGetDatum(id)};
	Portal		portal = plan_open(plan, values);
	bool		is_there = false;

	for (;;)
	{
		SPI_cursor_fetch(portal, true, batch);
		if (SPI_processed == 0)
			break;
		is_there = true;
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			bool		isnull;

			sink->put(sink->state, plan_value(row, 1, &isnull));
		}
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
	return is_there;
}

/* Passes on rows that the policies hide. */
static void
put_hidden(const ExportSink *sink, ExportPart *part, const pg_uuid_t *org_id)
{
	OwnerSwitch saved;

	owner_enter(&saved, OWNER_BOOKKEEPING);
	(void) put_rows(sink, &part->unbound, org_id, part->batch);
	owner_leave(&saved);
}

/* Returns whether the first part has a row; the others have none then. */
static bool
put_organization(const ExportSink *sink, const pg_uuid_t *org_id, OwnerMode mode)
{
	frame_fix_formats();
	for (int i = 0; i < (int) lengthof(organization_parts); i++)
	{
		ExportPart *part = &organization_parts[i];

		if (part->is_hidden)
			put_hidden(sink, part, org_id);
		else if (!put_rows(sink, mode == OWNER_TENANT ? &part->bound : &part->unbound, org_id, part->batch) && i == 0)
			return false;
	}
	return true;
}

/*
 * Passes on all rows of an organization as json.  Returns false if there is no such
 * organization.  Needs a frame in the given mode: in OWNER_TENANT mode it is the caller's
 * organization, and the policies decide which rows there are.
 */
bool
export_organization(const ExportSink *sink, const pg_uuid_t *org_id, OwnerMode mode)
{
	return put_organization(sink, org_id, mode);
}

/*
 * Passes on the rows of all organizations that name a user.  On a cluster, copies: those of
 * tables of which each node has a copy; otherwise those of the current shard.  Returns whether
 * there is one.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
bool
export_user(const ExportSink *sink, const pg_uuid_t *user_id, bool copies)
{
	bool		is_there = false;

	frame_fix_formats();
	for (int i = 0; i < (int) lengthof(user_parts); i++)
	{
		ExportPart *part = &user_parts[i];

		if (cluster_is_distributed() && cluster_table_is_everywhere(part->table) != copies)
			continue;
		is_there |= put_rows(sink, &part->unbound, user_id, part->batch);
		/* Without the user there is nothing. */
		if (i == 0 && !is_there)
			return false;
	}
	return is_there;
}

/*
 * Inserts the rows of lines of an export: json[], not NULL.  org_id: the organization to
 * continue with, or NULL if the first line is a new one.  Leaves a table name and a number
 * of rows for each table in the result of SPI.  Raises 22023 or the error of a table, with
 * the number of the line, and PT404 if there is no such organization.  Needs a frame in
 * OWNER_BOOKKEEPING mode.
 */
void
import_organization(Datum lines, NullableDatum org_id)
{
	PlanArgs	args = {0};

	plan_arg(&args, lines);
	plan_arg_nullable(&args, org_id);
	plan_run_args(&import_plan, &args);
}

/*
 * Returns the organization that lines of an export belong to, without inserting anything.
 * Arguments and errors as for import_organization().
 */
pg_uuid_t
import_check(Datum lines, NullableDatum org_id)
{
	PlanArgs	args = {0};
	bool		isnull;

	plan_arg(&args, lines);
	plan_arg_nullable(&args, org_id);
	plan_run_args(&check_lines_plan, &args);
	return *DatumGetUUIDP(plan_value(0, 1, &isnull));
}

/*
 * Inserts a part of the lines on a cluster, after import_check().  copies: those of tables of
 * which each node has a copy; otherwise those of the current shard.  Result and errors as for
 * import_organization().
 */
void
import_part(Datum lines, bool copies)
{
	PlanArgs	args = {0};

	plan_arg(&args, lines);
	plan_arg(&args, BoolGetDatum(copies));
	plan_run_args(&import_part_plan, &args);
}
