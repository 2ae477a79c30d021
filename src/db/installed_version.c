/*
 * installed_version.c
 *		The version of the tables.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

#include "db/installed_version.h"
#include "db/plan.h"

static KeptPlan delete_version_plan = BOOKKEEPING_PLAN("DELETE FROM taskcrm_internal.installation", 0, InvalidOid);

static KeptPlan write_version_plan = BOOKKEEPING_PLAN(
	"INSERT INTO taskcrm_internal.installation (version) VALUES ($1)", 1, TEXTOID);

/*
 * Stores the version that tc_install() has made the tables for.  version: text.  Raises
 * 09000 if a trigger suppresses the row.  Needs a frame in OWNER_BOOKKEEPING mode.
 */
void
installed_version_write(Datum version)
{
	plan_run(&delete_version_plan, NULL, NULL, false);
	plan_run(&write_version_plan, &version, NULL, false);
	plan_require_rows(1, "installation");
}

/*
 * Returns whether there is a table that no client reads: tc_install() may not have run since an
 * upgrade of the extension.  name: without the schema.
 */
bool
installed_has_table(const char *name)
{
	Oid			schema = get_namespace_oid("taskcrm_internal", true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid(name, schema));
}
