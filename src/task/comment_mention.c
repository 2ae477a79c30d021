/*
 * comment_mention.c
 *		The stored mentions of a comment.
 *
 * The trigger on comments calls this for every comment, however it was written.
 * Therefore the statements run for no tenant: each one names the organization of the
 * comment.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "task/comment_mention.h"
#include "task/mention.h"

/*
 * $2 comment, $3 the users it mentions; the mentions of others are deleted.  Remaining
 * mentions are locked, so that this statement waits for a removal of their member here,
 * where that removal cannot wait for this transaction yet, and not when the mention is
 * inserted again.
 */
static KeptPlan leave_plan = BOOKKEEPING_PLAN(
	"WITH d AS (DELETE FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id <> ALL ($3))"
	" SELECT FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id = ANY ($3) FOR KEY SHARE",
	3, UUIDOID, UUIDOID, UUIDARRAYOID);

/* $2 comment, $3 the users it mentions. */
static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)"
	" SELECT $1, $2, u.id FROM unnest($3) u (id)"
	" ON CONFLICT (org_id, comment_id, user_id) DO NOTHING",
	3, UUIDOID, UUIDOID, UUIDARRAYOID);

/* Returns whether the stored mentions of a comment differ from $3. */
static KeptPlan differ_plan = BOOKKEEPING_PLAN(
	"SELECT EXISTS (SELECT FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id <> ALL ($3))"
	" OR EXISTS (SELECT FROM unnest($3) u (id) WHERE NOT EXISTS (SELECT FROM taskcrm.task_mention m"
	" WHERE m.org_id = $1 AND m.comment_id = $2 AND m.user_id = u.id))",
	3, UUIDOID, UUIDOID, UUIDARRAYOID);

/*
 * Updates the stored mentions of a comment to match its text.  comment: the text of a row
 * that is already written, and so locked; is_new: none are stored yet.  Raises 09000 if a
 * trigger suppresses one.  Needs a call in OWNER_BOOKKEEPING mode.
 */
void
comment_mention_store(const pg_uuid_t *org_id, const pg_uuid_t *comment_id, const char *comment, bool is_new)
{
	Datum		values[3] = {UUIDPGetDatum(org_id), UUIDPGetDatum(comment_id)};
	ArrayType  *users = mention_find(org_id, comment);
	bool		isnull;

	values[2] = PointerGetDatum(users);
	if (!is_new)
		plan_run(&leave_plan, values, NULL, false);
	if (ARR_NDIM(users) > 0)
	{
		users = mention_hold(org_id, users);
		values[2] = PointerGetDatum(users);
		plan_run(&add_plan, values, NULL, false);
	}
	if (!suppress_is_possible("task_mention"))
		return;
	plan_run(&differ_plan, values, NULL, false);
	if (DatumGetBool(plan_value(0, 1, &isnull)))
		suppress_raise("task_mention");
}
