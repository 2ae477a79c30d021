/*
 * idempotency.c
 *		Answers that are kept, so that a call that is sent again is not done again.
 *
 * The row is inserted before the work is done.  A second call with the same key at
 * the same time waits in its INSERT for the first one's transaction: if that
 * commits it finds the answer, if not it does the work.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/error.h"
#include "db/plan.h"
#include "api/idempotency.h"

#define KEEP "interval '24 hours'"

/*
 * Old answers go a few at a time; who has locked some is removing them already.  Whoever
 * has removed some must wait for nobody: one of them may have the key that another call
 * waits for, which has removed the one that this call needs.  So this comes last.
 */
static KeptPlan expire_plan = {
	.sql = "DELETE FROM taskcrm.stored_answer s USING (SELECT o.org_id, o.user_id, o.key"
	" FROM taskcrm.stored_answer o WHERE o.org_id = $1 AND o.created_on < now() - " KEEP
	" ORDER BY o.created_on LIMIT 100 FOR UPDATE SKIP LOCKED) old"
	" WHERE s.org_id = $1 AND s.user_id = old.user_id AND s.key = old.key",
	.mode = OWNER_TENANT,
	.nargs = 1,
	.argtypes = {UUIDOID}
};

static KeptPlan insert_plan = {
	.sql = "INSERT INTO taskcrm.stored_answer AS s (org_id, user_id, key, request)"
	" VALUES ($1, $2, $3, pg_catalog.sha256($4))"
	" ON CONFLICT (org_id, user_id, key) DO UPDATE"
	" SET request = excluded.request, answer = NULL, created_on = excluded.created_on"
	" WHERE s.created_on < excluded.created_on - " KEEP,
	.mode = OWNER_TENANT,
	.nargs = 4,
	.argtypes = {UUIDOID, UUIDOID, TEXTOID, BYTEAOID}
};

static KeptPlan find_plan = {
	.sql = "SELECT s.request = pg_catalog.sha256($4), s.answer FROM taskcrm.stored_answer s"
	" WHERE s.org_id = $1 AND s.user_id = $2 AND s.key = $3",
	.mode = OWNER_TENANT,
	.nargs = 4,
	.argtypes = {UUIDOID, UUIDOID, TEXTOID, BYTEAOID}
};

static KeptPlan answer_plan = {
	.sql = "UPDATE taskcrm.stored_answer SET answer = $4"
	" WHERE org_id = $1 AND user_id = $2 AND key = $3",
	.mode = OWNER_TENANT,
	.nargs = 4,
	.argtypes = {UUIDOID, UUIDOID, TEXTOID, TEXTOID}
};

/*
 * Begins a call with an idempotency key.  key: text; request: bytea, what was sent.
 * Returns true when the work is to be done and idempotency_end() to be called;
 * else *answer is the kept answer, JSON as text, until SPI_finish().  Raises PT422
 * when the key was used for something else, 55006 when that call is still being done.
 * Needs an API call in progress.
 */
bool
idempotency_begin(const Identity *identity, Datum key, Datum request, Datum *answer)
{
	Datum		values[4];
	bool		isnull;

	values[0] = UUIDPGetDatum(&identity->org_id);
	values[1] = UUIDPGetDatum(&identity->user_id);
	values[2] = key;
	values[3] = request;

	plan_run(&insert_plan, values, NULL, false);
	if (SPI_processed > 0)
		return true;

	plan_run(&find_plan, values, NULL, false);
	if (SPI_processed == 0 || !DatumGetBool(plan_value(0, 1, &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_TC_UNPROCESSABLE),
				 errmsg("the idempotency key was used for other data"),
				 errhint("Send a new key with a new request.")));
	*answer = plan_value(0, 2, &isnull);
	/* Only a trigger that calls the API again, with the same key, comes here. */
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the call with this idempotency key is still being done")));
	return false;
}

/*
 * Keeps the answer of the call that idempotency_begin() began.  Nothing may be locked
 * after it.
 */
void
idempotency_end(const Identity *identity, Datum key, Datum answer)
{
	Datum		values[4] = {UUIDPGetDatum(&identity->org_id), UUIDPGetDatum(&identity->user_id), key, answer};

	plan_run(&answer_plan, values, NULL, false);
	plan_run(&expire_plan, values, NULL, false);
}
