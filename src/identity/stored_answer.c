/*
 * stored_answer.c
 *		The answers of calls with an idempotency key, by organization, user and key.
 *
 * The row is inserted before the work is done.  A concurrent second call with the same
 * key waits in its INSERT for the first one's transaction.  If that commits, the second
 * call finds the answer; if not, it does the work.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/stored_answer.h"

/* Counted from the time of the answer, not from the start of its transaction. */
#define KEEP "interval '24 hours'"

/*
 * Deletes a few expired answers at a time, and skips locked ones, which another call is
 * deleting.  After deleting answers, a call must not wait for any other: one of them may
 * have the key that another call waits for, while that call has deleted the answer that
 * this one needs.  So this comes last.
 */
static KeptPlan expire_plan = TENANT_PLAN(
	"WITH old AS MATERIALIZED (SELECT o.user_id, o.key"
	" FROM taskcrm_internal.stored_answer o WHERE o.org_id = $1 AND o.created_on < statement_timestamp() - " KEEP
	" ORDER BY o.created_on LIMIT 100 FOR UPDATE SKIP LOCKED),"
	" gone AS (DELETE FROM taskcrm_internal.stored_answer s USING old"
	" WHERE s.org_id = $1 AND s.user_id = old.user_id AND s.key = old.key RETURNING 1)"
	" SELECT (SELECT count(*) FROM old) > (SELECT count(*) FROM gone)",
	1, UUIDOID);

static KeptPlan insert_plan = TENANT_PLAN(
	"INSERT INTO taskcrm_internal.stored_answer AS s (org_id, user_id, key, request)"
	" VALUES ($1, $2, $3, $4)"
	" ON CONFLICT (org_id, user_id, key) DO UPDATE"
	" SET request = excluded.request, answer = NULL, created_on = excluded.created_on"
	" WHERE s.created_on < statement_timestamp() - " KEEP,
	4, UUIDOID, UUIDOID, TEXTOID, BYTEAOID);

static KeptPlan find_plan = TENANT_PLAN(
	"SELECT s.request = $4, s.answer, s.created_on < statement_timestamp() - " KEEP " FROM taskcrm_internal.stored_answer s"
	" WHERE s.org_id = $1 AND s.user_id = $2 AND s.key = $3",
	4, UUIDOID, UUIDOID, TEXTOID, BYTEAOID);

static KeptPlan answer_plan = TENANT_PLAN(
	"UPDATE taskcrm_internal.stored_answer SET answer = $4, created_on = statement_timestamp()"
	" WHERE org_id = $1 AND user_id = $2 AND key = $3",
	4, UUIDOID, UUIDOID, TEXTOID, TEXTOID);

/*
 * Begins a call with a key.  key: text; request: bytea, identifies what was sent.
 * Returns true if the work must be done, followed by stored_answer_keep().  Otherwise
 * sets *answer to what another call has stored.  Needs an API call in progress.
 */
bool
stored_answer_begin(StoredAnswer *answer, const Identity *identity, Datum key, Datum request)
{
	Datum		values[4] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(&identity->user_id), key, request};
	bool		isnull;

	if (plan_finds(&insert_plan, values))
		return true;
	/* The INSERT has locked the conflicting row, so it still exists. */
	plan_run(&find_plan, values, NULL, false);
	plan_require_rows(1, "stored_answer");
	/* The INSERT had to replace an expired one. */
	if (DatumGetBool(plan_value(0, 3, &isnull)))
		suppress_raise("stored_answer");
	answer->same_request = DatumGetBool(plan_value(0, 1, &isnull));
	answer->answer = plan_value(0, 2, &isnull);
	answer->has_answer = !isnull;
	return false;
}

/*
 * Stores the answer, text, of a call begun with stored_answer_begin().  Needs an API call
 * in progress.
 */
void
stored_answer_keep(const Identity *identity, Datum key, Datum answer)
{
	Datum		values[4] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(&identity->user_id), key, answer};

	plan_run(&answer_plan, values, NULL, false);
	plan_require_rows(1, "stored_answer");
}

/*
 * Deletes a few expired answers of an organization.  Nothing may be locked after it.
 * Needs an API call in progress.
 */
void
stored_answer_expire(const pg_uuid_t *org_id)
{
	Datum		org = UUIDPGetDatum(org_id);
	bool		isnull;

	/*
	 * With an older snapshot, rows deleted by others in the meantime would be an error.
	 */
	if (IsolationUsesXactSnapshot())
		return;
	plan_run(&expire_plan, &org, NULL, false);
	if (DatumGetBool(plan_value(0, 1, &isnull)))
		suppress_raise("stored_answer");
}
