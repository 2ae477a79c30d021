/*
 * jwt_key_store.c
 *		Stores the keys that verify tokens.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/jwt_key_store.h"

static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.jwt_key (kid, alg, key, issuer, audience) VALUES ($1, $2, $3, $4, $5)",
	5, TEXTOID, TEXTOID, BYTEAOID, TEXTOID, TEXTOID);

static KeptPlan remove_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.jwt_key WHERE kid = $1",
	1, TEXTOID);

static KeptPlan find_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.jwt_key WHERE kid = $1",
	1, TEXTOID);

/*
 * Stores a key.  Raises 23505 if its kid is taken, 09000 if a trigger suppresses the row.
 * Needs a frame in OWNER_BOOKKEEPING mode, as jwt_key_store_remove() does.
 */
void
jwt_key_store_add(const NewJwtKey *key)
{
	PlanArgs	args = {0};

	plan_arg(&args, key->kid);
	plan_arg(&args, key->alg);
	plan_arg(&args, key->bytes);
	plan_arg_nullable(&args, key->issuer);
	plan_arg_nullable(&args, key->audience);
	plan_run_args(&add_plan, &args);
	plan_require_rows(1, "jwt_key");
}

/* Removes a key.  kid: text.  Returns false if there is no such key. */
bool
jwt_key_store_remove(Datum kid)
{
	if (plan_finds(&remove_plan, &kid))
		return true;
	if (suppress_is_possible("jwt_key") && plan_finds(&find_plan, &kid))
		suppress_raise("jwt_key");
	return false;
}
