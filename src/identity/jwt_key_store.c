/*
 * jwt_key_store.c
 *		Stores the keys that verify tokens.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "db/plan.h"
#include "db/suppressed_row.h"
#include "identity/jwt_key_store.h"

static KeptPlan add_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.jwt_key (kid, alg, key, issuer, audience, subject_prefix)"
	" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kid) DO NOTHING",
	6, TEXTOID, TEXTOID, BYTEAOID, TEXTOID, TEXTOID, TEXTOID);

static KeptPlan same_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.jwt_key k WHERE k.kid = $1 AND k.alg = $2 AND k.key = $3"
	" AND k.issuer IS NOT DISTINCT FROM $4 AND k.audience IS NOT DISTINCT FROM $5"
	" AND k.subject_prefix IS NOT DISTINCT FROM $6",
	6, TEXTOID, TEXTOID, BYTEAOID, TEXTOID, TEXTOID, TEXTOID);

/* Keeps the text of each key, in which a member may be repeated. */
static KeptPlan split_plan = BOOKKEEPING_PLAN(
	"SELECT e.value::text FROM pg_catalog.json_array_elements($1 -> 'keys') AS e (value)",
	1, JSONOID);

static KeptPlan remove_plan = BOOKKEEPING_PLAN(
	"DELETE FROM taskcrm_internal.jwt_key WHERE kid = $1",
	1, TEXTOID);

static KeptPlan find_plan = BOOKKEEPING_PLAN(
	"SELECT FROM taskcrm_internal.jwt_key WHERE kid = $1",
	1, TEXTOID);

static void
key_args(PlanArgs *args, const NewJwtKey *key)
{
	plan_arg(args, key->kid);
	plan_arg(args, key->alg);
	plan_arg(args, key->bytes);
	plan_arg_nullable(args, key->issuer);
	plan_arg_nullable(args, key->audience);
	plan_arg_nullable(args, key->subject_prefix);
}

/*
 * Stores a key.  Raises 23505 if its kid is taken, 09000 if a trigger suppresses the row.
 * Needs a frame in OWNER_BOOKKEEPING mode, as the functions below do.
 */
void
jwt_key_store_add(const NewJwtKey *key)
{
	PlanArgs	args = {0};

	key_args(&args, key);
	plan_run_args(&add_plan, &args);
	if (SPI_processed > 0)
		return;
	plan_run_newest(&find_plan, &key->kid);
	if (SPI_processed == 0)
		suppress_raise("jwt_key");
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("a key with kid \"%s\" already exists", TextDatumGetCString(key->kid)),
			 errhint("Remove it with tc_remove_jwt_key() first, or use another kid.")));
}

/* Returns whether the same key is stored, with the same properties. */
bool
jwt_key_store_has(const NewJwtKey *key)
{
	PlanArgs	args = {0};

	key_args(&args, key);
	plan_run_args(&same_plan, &args);
	return SPI_processed > 0;
}

/*
 * Splits a set of keys.  set: json, an object with an array of objects as member keys.
 * *keys: set to the texts of the keys, palloc'ed.  Returns their number.
 */
int
jwt_key_store_split(Datum set, char ***keys)
{
	int			count;
	bool		isnull;

	plan_run(&split_plan, &set, NULL, true);
	count = (int) SPI_processed;
	*keys = palloc(sizeof(char *) * (count + 1));
	for (int i = 0; i < count; i++)
		(*keys)[i] = TextDatumGetCString(plan_value(i, 1, &isnull));
	return count;
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
