/*
 * organization.c
 *		Creates, reads and renames an organization, and deletes it with everything that
 *		belongs to it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/progress.h"
#include "db/cluster.h"
#include "db/delete_cascaded.h"
#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/organization.h"
#include "task/task_counter.h"
#include "task/task_link_trigger.h"

static KeptPlan create_organization_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.organization (id, name, external_id)"
	" VALUES (coalesce($1, taskcrm.tc_uuidv7()), $2, $3) RETURNING id",
	3, UUIDOID, TEXTOID, TEXTOID);

static KeptPlan set_external_id_plan = BOOKKEEPING_PLAN(
	"UPDATE taskcrm.organization SET external_id = $2 WHERE id = $1",
	2, UUIDOID, TEXTOID);

static const RowField organization_fields[] = {
	{"id", ROW_UUID, false, "The id of the organization."},
	{"name", ROW_TEXT, false, "The name."},
	{"created_on", ROW_TIMESTAMP, false, "When the organization was created."}
};

const RowSchema organization_schema = {
	"Organization", "An organization.", lengthof(organization_fields), organization_fields
};

static KeptPlan read_organization_plan = TENANT_PLAN(
	"SELECT o.id, o.name, o.created_on FROM taskcrm.organization o WHERE o.id = $1",
	1, UUIDOID);

static KeptPlan rename_organization_plan = TENANT_PLAN(
	"UPDATE taskcrm.organization o SET name = $2 WHERE o.id = $1 RETURNING o.id, o.name, o.created_on",
	2, UUIDOID, TEXTOID);

static KeptPlan hold_organization_plan = TENANT_PLAN(
	"SELECT FROM taskcrm.organization o WHERE o.id = $1 FOR NO KEY UPDATE",
	1, UUIDOID);

static KeptPlan external_id_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE o.external_id = $1",
	1, TEXTOID);

static KeptPlan organization_exists_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.organization o WHERE o.id = $1",
	1, UUIDOID);

static KeptPlan list_ids_plan = BOOKKEEPING_PLAN("SELECT o.id FROM taskcrm.organization o", 0);

static KeptPlan near_plan = BOOKKEEPING_PLAN(
	"SELECT o.id FROM taskcrm.organization o WHERE pg_catalog.uuid_hash(o.id) BETWEEN $1 AND $2 LIMIT 1",
	2, INT4OID, INT4OID);

/* The numbers of members first, so that each is counted once. */
static KeptPlan list_plan = BOOKKEEPING_PLAN(
	"SELECT o.id, o.name, o.external_id, o.created_on, coalesce(m.members, 0) FROM taskcrm.organization o"
	" LEFT JOIN (SELECT org_id, count(*) AS members FROM taskcrm.member WHERE is_active GROUP BY org_id) m"
	" ON m.org_id = o.id ORDER BY o.id",
	0);

#define DELETION_PLAN(text) \
	BOOKKEEPING_PLAN(text, 1, UUIDOID)

#define DELETE_PLAN(schema, table, column) \
	DELETION_PLAN("DELETE FROM " schema "." table " WHERE " column " = $1")

/* The rows with the organization's id, and whether any is left. */
#define OWN_IN(schema, name, column) { \
	.table = (name), \
	.delete = DELETE_PLAN(schema, name, column), \
	.left = DELETION_PLAN("SELECT FROM " schema "." name " WHERE " column " = $1 LIMIT 1") \
}
#define OWN(name, column) \
	OWN_IN("taskcrm", name, column)

/*
 * Locks the rows of a table that belong to an organization, in the order of their keys.
 */
typedef struct TableLock
{
	const char *table;
	KeptPlan	plan;
} TableLock;

#define LOCK_IN(schema, name, key) { \
	.table = (name), \
	.plan = DELETION_PLAN("SELECT pg_catalog.count(*) FROM (SELECT FROM " schema "." name \
					 " WHERE org_id = $1 ORDER BY " key " FOR UPDATE) l") \
}
#define LOCK(name, key) \
	LOCK_IN("taskcrm", name, key)

/*
 * Before the organization is locked: a call inserts its key first, and then refers to the
 * organization.
 */
static KeptPlan delete_answers_plan = DELETE_PLAN("taskcrm_internal", "stored_answer", "org_id");

/* New rows that refer to the organization wait for the deletion and then fail. */
static KeptPlan lock_organization_plan = DELETION_PLAN("SELECT FROM taskcrm.organization WHERE id = $1 FOR UPDATE");

/*
 * All code locks a row before its dependent rows, and deletions lock links, mentions and
 * so on in the order of their keys.  So they are locked before anything is deleted.
 */
static TableLock table_locks[] = {
	LOCK("task", "id"),
	LOCK("task_contact", "task_id, contact_id"),
	LOCK("task_assignee", "task_id, user_id"),
	LOCK("task_team", "task_id, team_id"),
	LOCK("task_comment", "id"),
	LOCK("task_mention", "comment_id, user_id"),
	LOCK_IN("taskcrm_internal", "deleted_task", "id"),
	LOCK("task_attachment", "id"),
	LOCK("team_member", "team_id, user_id"),
	LOCK("contact", "id"),
	LOCK_IN("taskcrm_internal", "invitation", "id"),
	LOCK_IN("taskcrm_internal", "webhook", "id"),
};

/*
 * Referring rows are deleted before the rows that they refer to.  The cascades of the
 * foreign keys would delete them row by row; here they find nothing left to do.
 */
static CascadePart delete_parts[] = {
	OWN("task_attachment_content", "org_id"),
	OWN("task_attachment", "org_id"),
	OWN("task_mention", "org_id"),
	OWN("task_comment", "org_id"),
	OWN_IN("taskcrm_internal", "open_link", "org_id"),
	OWN("task_contact", "org_id"),
	OWN("task_assignee", "org_id"),
	OWN("task_team", "org_id"),
	OWN_IN("taskcrm_internal", "task_text", "org_id"),
	OWN("task", "org_id"),
	OWN("team_member", "org_id"),
	OWN("team", "org_id"),
	OWN("contact", "org_id"),
	OWN("account", "org_id"),
	OWN("member", "org_id"),
	OWN_IN("taskcrm_internal", "webhook", "org_id"),
	OWN_IN("taskcrm_internal", "event_purge", "org_id"),
	OWN_IN("taskcrm_internal", "invitation", "org_id"),
	OWN_IN("taskcrm_internal", "task_view", "org_id"),
	OWN_IN("taskcrm_internal", "stored_answer", "org_id"),
	OWN_IN("taskcrm_internal", "event", "org_id"),
	OWN_IN("taskcrm_internal", "deleted_task", "org_id"),
	OWN("organization", "id"),
};

/* Raises 23505 if an organization other than self has the external id. */
static void
require_free_external_id(const pg_uuid_t *self, NullableDatum external_id)
{
	bool		isnull;

	if (external_id.isnull)
		return;
	plan_run_newest(&external_id_plan, &external_id.value);
	if (SPI_processed > 0 &&
		(self == NULL || tc_uuid_compare(DatumGetUUIDP(plan_value(0, 1, &isnull)), self) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("an organization with this external id already exists")));
}

/*
 * Creates an organization.  *created: set to the id; id: NULL to make one; name: text;
 * external_id: text or NULL; all checked.  Raises 23505 if the id or the external id is
 * taken, 09000 if a trigger suppresses the row.  Needs a frame in OWNER_BOOKKEEPING mode,
 * as the functions below do.
 */
void
organization_create(pg_uuid_t *created, NullableDatum id, Datum name, NullableDatum external_id)
{
	PlanArgs	args = {0};
	bool		isnull;

	require_free_external_id(NULL, external_id);
	plan_arg_nullable(&args, id);
	plan_arg(&args, name);
	plan_arg_nullable(&args, external_id);
	plan_run_args(&create_organization_plan, &args);
	plan_require_rows(1, "organization");
	*created = *DatumGetUUIDP(plan_value(0, 1, &isnull));
}

static void
write_organization(JsonWriter *out)
{
	json_write_open(out, '{');
	row_write_fields(out, &organization_schema, 0);
	json_write_close(out, '}');
}

/*
 * Writes the selected organization.  Returns false if it does not exist any more.  Needs an
 * API call in progress.
 */
bool
organization_write(JsonWriter *out, const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);

	plan_run(&read_organization_plan, &org, NULL, true);
	if (SPI_processed == 0)
		return false;
	write_organization(out);
	return true;
}

/*
 * Locks the selected organization, so that only one transaction at a time removes or
 * invites members.  Rows that refer to it can be written.  Needs an API call of an admin in
 * progress.
 */
void
organization_lock(const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);

	plan_run(&hold_organization_plan, &org, NULL, false);
}

/*
 * Renames the selected organization and writes it.  name: text, checked.  Returns false if
 * it does not exist any more.  Raises 09000 if a trigger suppresses the row.  Needs an API
 * call of an admin in progress.
 */
bool
organization_rename(JsonWriter *out, const pg_uuid_t *org_id, Datum name)
{
	Datum		values[2] = {UUIDPGetDatum(org_id), name};

	if (!plan_finds(&rename_organization_plan, values))
	{
		if (suppress_is_possible("organization") && plan_finds(&read_organization_plan, values))
			suppress_raise("organization");
		return false;
	}
	write_organization(out);
	return true;
}

/*
 * Sets or removes the external id of an organization.  external_id: text, checked, or
 * NULL.  Returns false if there is no such organization.  Raises 23505 if another one has
 * it, 09000 if a trigger suppresses the row.
 */
bool
organization_set_external_id(const pg_uuid_t *org_id, NullableDatum external_id)
{
	Datum		org = UUIDPGetDatum(org_id);
	PlanArgs	args = {0};

	require_free_external_id(org_id, external_id);
	plan_arg(&args, org);
	plan_arg_nullable(&args, external_id);
	plan_run_args(&set_external_id_plan, &args);
	if (SPI_processed > 0)
		return true;
	plan_run_newest(&organization_exists_plan, &org);
	if (SPI_processed > 0)
		suppress_raise("organization");
	return false;
}

/*
 * Sets *row to an organization, in the order of their ids.  number: from 0, ascending; all
 * are read at 0.  Returns false after the last one.
 */
bool
organization_list(uint64 number, OrganizationRow *row)
{
	if (number == 0)
		plan_run(&list_plan, NULL, NULL, true);
	if (number >= SPI_processed)
		return false;
	for (int i = 0; i < (int) lengthof(row->values); i++)
		row->values[i] = plan_value(number, i + 1, &row->nulls[i]);
	return true;
}

/*
 * Deletes everything that belongs to an organization, and then the organization.  On a
 * cluster, copies: only the rows of which each node has a copy; otherwise only the others.
 */
static void
delete_all(Datum org, bool copies)
{
	link_trigger_let_go(DatumGetUUIDP(org));
	PG_TRY();
	{
		for (int i = 0; i < (int) lengthof(delete_parts); i++)
		{
			if (cluster_table_is_everywhere(delete_parts[i].table) != copies)
				continue;
			progress_show(psprintf("deleting rows of %s, table %d of %d", delete_parts[i].table, i + 1, (int) lengthof(delete_parts)));
			delete_part(&delete_parts[i], &org);
		}
	}
	PG_FINALLY();
	{
		link_trigger_let_go(NULL);
	}
	PG_END_TRY();
}

/*
 * Deletes an organization.  On a cluster, organization_delete_copies() must follow.  Returns
 * false if it does not exist.
 */
bool
organization_delete(const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);

	progress_show("locking the rows of the organization");
	plan_run(&delete_answers_plan, &org, NULL, false);
	if (!plan_finds(&lock_organization_plan, &org))
		return false;
	for (int i = 0; i < (int) lengthof(table_locks); i++)
		plan_run(&table_locks[i].plan, &org, NULL, false);
	delete_all(org, false);
	task_counter_fold_away(org_id);
	return true;
}

/* Deletes, on a cluster, the rows of an organization of which each node has a copy. */
void
organization_delete_copies(const pg_uuid_t *org_id)
{
	if (cluster_is_distributed())
		delete_all(UUIDPGetDatum(org_id), true);
}

/* Sets *ids to the organizations, palloc'ed, and returns how many there are. */
int
organization_ids(pg_uuid_t **ids)
{
	MemoryContext context = CurrentMemoryContext;
	int			count;
	bool		isnull;

	plan_run(&list_ids_plan, NULL, NULL, true);
	count = (int) SPI_processed;
	*ids = MemoryContextAllocHuge(context, sizeof(pg_uuid_t) * (count + 1));
	for (int i = 0; i < count; i++)
		(*ids)[i] = *DatumGetUUIDP(plan_value((uint64) i, 1, &isnull));
	return count;
}

/*
 * Sets an organization of the shard of a cluster that a hash belongs to.  Returns false if there
 * is none.
 */
bool
organization_near(pg_uuid_t *org_id, int32 hash)
{
	int32		lowest;
	int32		highest;
	Datum		values[2];
	bool		isnull;

	cluster_bounds_of(hash, &lowest, &highest);
	values[0] = Int32GetDatum(lowest);
	values[1] = Int32GetDatum(highest);
	if (!plan_finds(&near_plan, values))
		return false;
	*org_id = *DatumGetUUIDP(plan_value(0, 1, &isnull));
	return true;
}

/* Returns the position of a table in the lock order, from 1, or 0. */
static int
lock_order_of(const char *table)
{
	for (int i = 0; i < (int) lengthof(table_locks); i++)
	{
		if (strcmp(table_locks[i].table, table) == 0)
			return i + 1;
	}
	return 0;
}

/*
 * Returns a table that organization_delete() deletes from, or NULL.  number: its place in
 * the order of deletion, from 0; *lock_order: set to its place in the lock order, from 1,
 * or 0.
 */
const char *
organization_table(int number, int *lock_order)
{
	if (number >= (int) lengthof(delete_parts))
		return NULL;
	*lock_order = lock_order_of(delete_parts[number].table);
	return delete_parts[number].table;
}
