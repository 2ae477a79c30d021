/*
 * user_erase.c
 *		Removes what identifies a person.
 *
 * Tasks, comments and memberships stay, and refer to a user without a name.  Everything
 * that is needed to recognize the person is removed last.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/progress.h"
#include "db/plan.h"
#include "identity/user_erase.h"

/*
 * The organizations in whose texts the user may be mentioned, and whether nobody else there
 * has the same handle.
 */
#define PLACES \
	"WITH u AS (SELECT a.id, a.email, regexp_replace(a.email, '@[^@]*$', '') AS handle" \
	" FROM taskcrm.app_user a WHERE a.id = $1)," \
	" place AS (SELECT o.org_id, u.email, NOT EXISTS (SELECT FROM taskcrm.member m JOIN taskcrm.app_user x ON x.id = m.user_id" \
	" WHERE m.org_id = o.org_id AND m.user_id <> $1" \
	" AND lower(regexp_replace(x.email, '@[^@]*$', '')) = lower(u.handle)) AS alone" \
	" FROM u, (SELECT m.org_id FROM taskcrm.member m WHERE m.user_id = $1" \
	" UNION SELECT t.org_id FROM taskcrm.task t WHERE t.created_by = $1" \
	" UNION SELECT c.org_id FROM taskcrm.task_comment c WHERE c.commented_by = $1" \
	" UNION SELECT d.org_id FROM taskcrm_internal.deleted_task d WHERE d.created_by = $1 OR d.deleted_by = $1) o)"

#define ERASED(text, by_handle, longest) \
	"left(taskcrm_internal.without_mentions(" text ", p.email, " by_handle "), " longest ")"

/* Of constants and immutable functions only: on a cluster, all copies must be equal. */
#define ERASED_EMAIL "('erased-' || $1::text || '@erased.invalid')"

static KeptPlan lock_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm.app_user WHERE id = $1 FOR UPDATE", 1, UUIDOID);

/*
 * The steps.  table: NULL for one that is not told; is_copied: of a table of which each node of
 * a cluster has a copy.
 */
static struct
{
	const char *table;
	const char *action;
	bool		is_copied;
	KeptPlan	plan;
}			steps[] = {
	{"stored_answer", "deleted", false, BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.stored_answer WHERE user_id = $1", 1, UUIDOID)},
	{"task", "changed", false, BOOKKEEPING_PLAN(
			PLACES " UPDATE taskcrm.task t SET title = n.title, description = n.description"
			" FROM (SELECT k.org_id, k.id, " ERASED("k.title", "p.alone", "255") " AS title, "
			ERASED("k.description", "p.alone", "100000") " AS description"
			" FROM place p JOIN taskcrm.task k ON k.org_id = p.org_id"
			" WHERE strpos(k.title, '@') > 0 OR strpos(k.description, '@') > 0) n"
			" WHERE t.org_id = n.org_id AND t.id = n.id"
			" AND (t.title, t.description) IS DISTINCT FROM (n.title, n.description)", 1, UUIDOID)},
	/* Triggers delete the mentions that are no longer in the text, and count here. */
	{"task_mention", "deleted", false, BOOKKEEPING_PLAN(
			"SELECT FROM taskcrm.task_mention WHERE user_id = $1", 1, UUIDOID)},
	{"task_comment", "changed", false, BOOKKEEPING_PLAN(
			PLACES " UPDATE taskcrm.task_comment c SET comment = n.comment"
			" FROM (SELECT k.org_id, k.id, " ERASED("k.comment", "p.alone OR m.user_id IS NOT NULL", "10000") " AS comment"
			" FROM place p JOIN taskcrm.task_comment k ON k.org_id = p.org_id"
			" LEFT JOIN taskcrm.task_mention m ON m.org_id = k.org_id AND m.comment_id = k.id AND m.user_id = $1"
			" WHERE strpos(k.comment, '@') > 0) n"
			" WHERE c.org_id = n.org_id AND c.id = n.id AND c.comment <> n.comment", 1, UUIDOID)},
	{NULL, NULL, false, BOOKKEEPING_PLAN("DELETE FROM taskcrm.task_mention WHERE user_id = $1", 1, UUIDOID)},
	/* The same in the bin. */
	{"deleted_task", "changed", false, BOOKKEEPING_PLAN(
			PLACES " UPDATE taskcrm_internal.deleted_task d SET title = n.title, document = n.document::json"
			" FROM (SELECT k.org_id, k.id, " ERASED("k.title", "p.alone", "255") " AS title, k.document::jsonb"
			" || jsonb_build_object('task', (k.document -> 'task')::jsonb || jsonb_build_object("
			"'title', " ERASED("k.document #>> '{task,title}'", "p.alone", "255") ","
			" 'description', " ERASED("k.document #>> '{task,description}'", "p.alone", "100000") "),"
			" 'task_comment', (SELECT coalesce(json_agg(c.value::jsonb || jsonb_build_object('comment', "
			ERASED("c.value ->> 'comment'", "p.alone OR m.is_meant", "10000") ")), '[]')"
			" FROM json_array_elements(k.document -> 'task_comment') c, LATERAL (SELECT EXISTS (SELECT"
			" FROM json_array_elements(k.document -> 'task_mention') o WHERE o ->> 'comment_id' = c.value ->> 'id'"
			" AND o ->> 'user_id' = $1::text) AS is_meant) m),"
			" 'task_mention', (SELECT coalesce(json_agg(o), '[]') FROM json_array_elements(k.document -> 'task_mention') o"
			" WHERE o ->> 'user_id' <> $1::text)) AS document"
			" FROM place p JOIN taskcrm_internal.deleted_task k ON k.org_id = p.org_id WHERE strpos(k.document::text, '@') > 0) n"
			" WHERE d.org_id = n.org_id AND d.id = n.id AND d.document::jsonb <> n.document", 1, UUIDOID)},
	/*
	 * Also what the steps before have recorded.  History does not tell whom a handle meant, so that
	 * of others with the same one goes, too.
	 */
	{"event", "changed", false, BOOKKEEPING_PLAN(
			PLACES " UPDATE taskcrm_internal.event v SET changes = n.changes"
			" FROM (SELECT e.org_id, e.id, taskcrm_internal.without_mentions(e.changes::pg_catalog.text, p.email, true)::pg_catalog.jsonb AS changes"
			" FROM place p JOIN taskcrm_internal.event e ON e.org_id = p.org_id"
			" WHERE strpos(e.changes::pg_catalog.text, '@') > 0) n"
			" WHERE v.org_id = n.org_id AND v.id = n.id AND v.changes <> n.changes", 1, UUIDOID)},
	{"login", "deleted", true, BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.login WHERE user_id = $1", 1, UUIDOID)},
	{"invitation", "deleted", false, BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.invitation i USING taskcrm.app_user u"
			" WHERE u.id = $1 AND (i.accepted_by = u.id"
			" OR taskcrm_internal.folded(i.email) = taskcrm_internal.folded(u.email))", 1, UUIDOID)},
	/* Those that others use stay. */
	{"task_view", "deleted", false, BOOKKEEPING_PLAN(
			"DELETE FROM taskcrm_internal.task_view WHERE created_by = $1 AND shared_with = 'me'", 1, UUIDOID)},
	/* What happened to them, but for whom it is visible to. */
	{NULL, NULL, false, BOOKKEEPING_PLAN(
			PLACES " UPDATE taskcrm_internal.event e SET changes = (SELECT coalesce(jsonb_object_agg(c.key, c.value), '{}')"
			" FROM jsonb_each(e.changes) c WHERE c.key IN ('owner', 'shared_with'))"
			" FROM place p WHERE e.org_id = p.org_id AND starts_with(e.type, 'view.')"
			" AND coalesce(e.changes #>> '{owner,from}', e.changes #>> '{owner,to}') = $1::text"
			" AND 'me' IN (e.changes #>> '{shared_with,from}', e.changes #>> '{shared_with,to}')", 1, UUIDOID)},
	{NULL, NULL, true, BOOKKEEPING_PLAN(
			"UPDATE taskcrm.app_user SET external_id = NULL WHERE id = $1 AND external_id IS NOT NULL", 1, UUIDOID)},
	{"member", "deactivated", true, BOOKKEEPING_PLAN(
			"UPDATE taskcrm.member SET is_active = false WHERE user_id = $1 AND is_active", 1, UUIDOID)},
	{"app_user", "changed", true, BOOKKEEPING_PLAN(
			"UPDATE taskcrm.app_user SET name = 'Erased', email = " ERASED_EMAIL ", is_active = false"
			" WHERE id = $1 AND email <> " ERASED_EMAIL, 1, UUIDOID)},
};

/*
 * Locks a user.  Returns false if there is no such user.  Needs a frame in
 * OWNER_BOOKKEEPING mode, as user_erase_run() does.
 */
bool
user_erase_begin(const pg_uuid_t *user_id)
{
	Datum		values[1] = {UUIDPGetDatum(user_id)};

	return plan_finds(&lock_plan, values);
}

/* Returns how many steps there are. */
int
user_erase_steps(void)
{
	return (int) lengthof(steps);
}

/*
 * Takes the steps of one kind, in order, and adds to the numbers of rows, one for each step.
 * copied: those on tables of which each node of a cluster has a copy, which come last.
 */
void
user_erase_run(int64 *rows, const pg_uuid_t *user_id, bool copied)
{
	Datum		values[1] = {UUIDPGetDatum(user_id)};

	for (int i = 0; i < (int) lengthof(steps); i++)
	{
		if (steps[i].is_copied != copied)
			continue;
		progress_show(psprintf("erasing the user, step %d of %d", i + 1, (int) lengthof(steps)));
		plan_run(&steps[i].plan, values, NULL, false);
		rows[i] += (int64) SPI_processed;
	}
}

/*
 * Sets what a step has done.  number: from 0; rows: as user_erase_run() has set it.  Returns
 * false if there is nothing to tell.
 */
bool
user_erase_told(ErasedRows *done, int number, int64 rows)
{
	done->table = steps[number].table;
	done->action = steps[number].action;
	done->rows = rows;
	return done->table != NULL && rows > 0;
}
